import { JobService } from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { ServerService } from '../../schemas/api/signalbox/v1/server_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract } from '../../schemas/index.ts';
import type { Event, JobRef } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import { jobDetailsOf } from '../messages/from-job-messages.ts';
import { keyMessage } from '../messages/job-messages.ts';
import type { JobDetails, JobKey } from '../plugin/job-service.ts';
import { startTimer } from '../process/timer.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { FanOut } from './fan-out.ts';
import { follow, type Presence } from './follow.ts';
import { HeldJobs } from './held-jobs.ts';
import { KnownOutput } from './known-output.ts';
import { Link } from './link.ts';
import { type Place, socketPlace, unreachable } from './place.ts';
import { contractsOf } from './remote-contract.ts';
import type { RemoteJob } from './remote-job.ts';
import { ServerAway } from './server-away.ts';

/** Changes of the connection, for people. */
export type ConnectionNews =
  | { readonly type: 'away' }
  | { readonly type: 'back'; readonly isRestarted: boolean }
  | { readonly type: 'missed'; readonly error: SignalboxError };

export interface RemoteOptions {
  /** Path of the server's socket for HTTP/2, or another way to reach it. */
  readonly path: string | Place;
  /** Name of the caller. Default: the name that the server assigns. */
  readonly as?: string | undefined;
  /** How long a server may be away, in ms; then calls and `closed` end with `unknown`. Default: no limit. */
  readonly awayMs?: number | undefined;
  /**
   * Whether to get events immediately, as for a script that waits for each one. Default: combined after up to 50 ms.
   */
  readonly atOnce?: boolean;
  /** Time without received data after which a connection counts as lost, in ms. Default: 10 s. */
  readonly silentMs?: number;
  /** How long a client may take to bring its jobs to a new server, in ms, before they are `lost`. Default: 10 s. */
  readonly adoptMs?: number;
  readonly onNews?: (news: ConnectionNews) => void;
}

/**
 * One connection to a server, and the data based on it: commands, events, and jobs with open handles. `connecting`
 * until `connect` resolves; then `up` and `away` alternate; `closed` by `close`, or when the server has been away for
 * too long.
 */
export class RemoteCore {
  readonly link: Link;
  readonly events = new FanOut();
  readonly held = new HeldJobs();
  bootId = '';
  endpoint = '';
  /** Version of the server. */
  version = '';
  actor = '';
  commands: ReadonlyMap<string, CommandContract> = new Map();
  groups: ReadonlyMap<string, string> = new Map();
  /** Resolves when it has closed: with the error if the server stayed away, otherwise with undefined. */
  readonly closed: Promise<SignalboxError | undefined>;
  private readonly options: RemoteOptions;
  private readonly place: Place;
  private readonly ending = new AbortController();
  private readonly closing = Promise.withResolvers<SignalboxError | undefined>();
  private readonly output = new KnownOutput();
  private up = Promise.withResolvers<void>();
  private isUp = false;
  private error: SignalboxError | undefined;
  private patience: Disposable | undefined;

  constructor(options: RemoteOptions) {
    this.options = options;
    this.place = typeof options.path === 'string' ? socketPlace(options.path) : options.path;
    this.link = new Link(this.place, options.silentMs);
    this.closed = this.closing.promise;
    void this.run();
  }

  /**
   * Resolves when the first connection is established and the commands are known. @throws SignalboxError
   * `cannot_connect`
   */
  async connect(): Promise<void> {
    await Promise.race([this.up.promise, this.closed.then((error) => Promise.reject(error))]);
  }

  /** Events from a number on, on a separate stream. */
  follow(from: number, signal: AbortSignal): AsyncGenerator<Event[], void, undefined> {
    const presence = { up() {}, away() {}, leftOut() {}, missed() {} };
    return follow(this.link, {
      from,
      presence,
      as: this.options.as,
      signal: AbortSignal.any([signal, this.ending.signal]),
    });
  }

  /**
   * Makes a call, and repeats it when the server is back.
   * @param isRepeatable whether it may be repeated if the response was lost. Otherwise it rejects with `unknown`.
   */
  async call<T>(
    make: () => Promise<T>,
    { isRepeatable = true, signal }: { isRepeatable?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    for (;;) {
      if (this.error) throw this.error;
      if (!this.isUp) await rejectOnAbort(this.up.promise, signal);
      try {
        return await make();
      } catch (error) {
        if (!(error instanceof ServerAway)) throw error;
        if (!isRepeatable)
          throw new SignalboxError('unknown', `the connection was lost before the response arrived: ${error.message}`);
        // The stream of events, on the same connection, detects it, too.
        await new Promise(setImmediate);
      }
    }
  }

  /** Queries the state of these jobs, because events may be missing. */
  async lookUp(jobs: readonly RemoteJob[]): Promise<void> {
    const { as, adoptMs = 10_000 } = this.options;
    await this.held.lookUp(jobs, { get: (job) => this.get(job, as), adoptMs, signal: this.ending.signal });
  }

  async get(key: JobKey, as: string | undefined): Promise<JobDetails> {
    const asked = { job: keyMessage(key) };
    const { job } = await this.call(() => this.link.unary(JobService.method.get, asked, { as }));
    if (!job) throw new Error('the server has answered without a job');
    return jobDetailsOf(job);
  }

  async outputOf(job: JobKey): Promise<OutputRun[]> {
    const runs: OutputRun[] = [];
    const asked = { job: keyMessage(job) };
    const { as } = this.options;
    for await (const { stream, offset, data } of this.link.stream(JobService.method.output, asked, { as })) {
      runs.push({ stream: stream as OutputRun['stream'], offset: Number(offset), data });
    }
    return runs;
  }

  close(error?: SignalboxError): void {
    if (this.ending.signal.aborted) return;
    this.error = error ?? new SignalboxError('closed', 'the connection was closed');
    this.patience?.[Symbol.dispose]();
    this.up.promise.catch(() => {});
    this.up.reject(this.error);
    this.ending.abort();
    this.events.end();
    this.link[Symbol.dispose]();
    this.closing.resolve(error);
  }

  private async run(): Promise<void> {
    const { as, atOnce } = this.options;
    const presence: Presence = {
      up: (bootId) => void this.wentUp(bootId),
      away: (error) => this.wentAway(error),
      leftOut: () => void this.tellBehind(this.output.up()),
      missed: (error) => {
        this.options.onNews?.({ type: 'missed', error });
        void this.lookUp(this.held.all);
      },
    };
    try {
      for await (const events of follow(this.link, { presence, as, atOnce, signal: this.ending.signal })) {
        for (const event of events) {
          if (this.output.isMissing(event)) await this.tellMissing(event, event.atMs);
          this.tell(event);
        }
        await this.events.room();
      }
    } catch (error) {
      this.close(SignalboxError.from(error, 'internal'));
    }
  }

  private async wentUp(bootId: string): Promise<void> {
    const isFirst = this.bootId === '';
    const isRestarted = !isFirst && bootId !== this.bootId;
    const behind = this.output.up();
    try {
      if (isFirst || isRestarted) await this.learn();
    } catch (error) {
      // The connection was lost again. The stream of events reports it.
      if (!(error instanceof ServerAway)) this.close(SignalboxError.from(error, 'internal'));
      return;
    }
    this.patience?.[Symbol.dispose]();
    this.patience = undefined;
    this.bootId = bootId;
    const wasUp = this.isUp;
    this.isUp = true;
    this.up.resolve();
    if (!isFirst && !wasUp) this.options.onNews?.({ type: 'back', isRestarted });
    await this.tellBehind(behind);
  }

  private async learn(): Promise<void> {
    const { as } = this.options;
    const [info, { commands }] = await Promise.all([
      this.link.unary(ServerService.method.getInfo, {}, { as }),
      this.link.unary(ServerService.method.listCommands, {}, { as }),
    ]);
    this.endpoint = info.endpoint;
    this.version = info.version;
    this.actor = info.actor;
    this.commands = contractsOf(commands);
    this.groups = new Map(Object.entries(info.groups));
  }

  private wentAway(error: ServerAway): void {
    if (this.bootId === '') {
      this.close(unreachable(this.place, error.message));
      return;
    }
    if (!this.isUp) return;
    this.isUp = false;
    this.up = Promise.withResolvers();
    const { awayMs, onNews } = this.options;
    onNews?.({ type: 'away' });
    if (awayMs === undefined) return;
    const text = `the server has been away for ${awayMs / 1_000} s; submitted jobs continue`;
    this.patience = startTimer(awayMs, () => this.close(new SignalboxError('unknown', text)));
  }

  private async tellBehind(jobs: readonly JobRef[]): Promise<void> {
    for (const ref of jobs) await this.tellMissing(ref, Date.now());
  }

  private async tellMissing(ref: JobRef, atMs: number): Promise<void> {
    try {
      // The output of each job may be as large as the limit.
      await this.events.room();
      for (const event of this.output.missing(ref, await this.outputOf(ref), atMs)) this.hand(event);
    } catch {
      // The job is no longer known, or the connection was lost again.
    }
  }

  private tell(given: Event): void {
    const event = this.output.take(given);
    if (event) this.hand(event);
  }

  private hand(event: Event): void {
    this.held.event(event);
    this.events.hand(event);
  }
}
