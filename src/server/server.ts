import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ArgsOf,
  type CommandContract,
  controlCommands,
  isContract,
  type JobSignal,
  limits,
  type ResultOf,
  SignalboxError,
} from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { monotonicMs } from '../clock.ts';
import type { EventListener } from '../jobs/events.ts';
import { eventOf } from '../jobs/job-news.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import { type JobNews, JobTable } from '../jobs/job-table.ts';
import { refuseNamesakes } from '../namesakes.ts';
import { type JobGroup, LiveGroup, LiveJob } from '../plugin/job-group.ts';
import type { ClientView, JobView, SendOptions, Server, ServerOptions, UnsettledCount } from '../plugin/job-service.ts';
import { Publisher } from '../plugin/publisher.ts';
import { checkEndpoint } from '../wire/endpoint.ts';
import { type Listener, listen } from '../wire/listener.ts';
import { Door } from './admission/door.ts';
import { Refusals } from './admission/refusals.ts';
import type { Audit } from './audit.ts';
import { checkSendable, checkTraceparent } from './check-sendable.ts';
import { Roster } from './clients/roster.ts';
import { resolveTargets } from './clients/targets.ts';
import { countUnsettled, viewClients, viewJobs, viewRunning } from './clients/views.ts';
import { Sessions } from './sessions/sessions.ts';

const tickMs = 100;
/** How long the end waits for clients that do not answer. */
const flushMs = 250;

/**
 * Starts a server.
 * @throws SignalboxError `cannot_bind` where the address is in use, `insecure_endpoint`, `bad_usage` where it is none or two
 * commands have one name, `not_allowed` where the key folder cannot be used.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { bind, privateBind, keys, insecure = false, audit } = options;
  checkEndpoint(bind, keys !== undefined || insecure, keysHint);
  if (privateBind !== undefined) {
    if (keys !== undefined || !privateBind.startsWith('ipc://')) {
      throw new SignalboxError('bad_usage', 'privateBind must be an ipc endpoint, and keys must not be given');
    }
    checkEndpoint(privateBind, false, '');
  }
  if (options.commands?.some((command) => !isContract(command))) {
    throw new SignalboxError('bad_usage', 'the commands of a server are contracts, made with defineCommand');
  }
  refuseNamesakes(options.commands ?? []);
  const publisher = new Publisher();
  const refusals = new Refusals(publisher);
  const onReadable = (error: SignalboxError | undefined) =>
    publisher.publish({ type: 'allow-list', ...(error && { error: error.toWire() }) });
  const door = keys === undefined ? undefined : new Door({ folder: keys, refusals, audit, onReadable });
  try {
    const listener = await listen(bind, door?.keys, privateBind);
    return new RunningServer(options, { listener, publisher, refusals, audit, door });
  } catch (error) {
    door?.[Symbol.dispose]();
    throw error;
  }
}

const keysHint = `make keys, and start it with --keys keys:
  signalbox keys init --keys keys
  signalbox keys add w1 --keys keys
(--insecure overrides, on a network that you trust)`;

/** What a running server stands on. */
interface Parts {
  readonly listener: Listener;
  readonly publisher: Publisher;
  readonly refusals: Refusals;
  readonly audit: Audit | undefined;
  readonly door: Door | undefined;
}

/** Joins what decides (roster, job table) to what waits (sessions, and a tick for what is past its time). */
class RunningServer implements Server {
  readonly endpoint: string;
  readonly bootId = createBootId();
  /** A Map: a name finds a declared command or nothing. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly listener: Listener;
  private readonly publisher: Publisher;
  private readonly refusals: Refusals;
  private readonly audit: Audit | undefined;
  private readonly trace: ServerOptions['trace'];
  private readonly door: Door | undefined;
  private readonly roster = new Roster();
  private readonly jobTable: JobTable;
  private readonly sessions: Sessions;
  private readonly ticker: NodeJS.Timeout;
  private tickedAtMs = monotonicMs();
  private closing: Promise<void> | undefined;

  constructor(options: ServerOptions, { listener, publisher, refusals, audit, door }: Parts) {
    this.listener = listener;
    this.publisher = publisher;
    this.refusals = refusals;
    this.audit = audit;
    this.trace = options.trace;
    this.door = door;
    this.endpoint = listener.endpoint;
    this.commands = new Map(
      [...controlCommands, ...(options.commands ?? [])].map((command) => [command.name, command]),
    );
    this.jobTable = new JobTable({
      bootId: this.bootId,
      lostAfterMs: options.lostAfterMs ?? limits.lostAfterMs,
      effects: {
        send: (client, message) => this.sessions.send(client, message),
        tell: (job, news, written) => this.tell(job, news, written),
      },
    });
    const { bootId, commands, roster, jobTable } = this;
    this.sessions = new Sessions({ bootId, commands, listener, roster, jobTable, publisher, refusals, audit, door });
    this.ticker = setInterval(() => this.tick(), tickMs);
  }

  clients(): ClientView[] {
    return viewClients(this.roster, this.jobTable);
  }

  jobs(): JobView[] {
    return viewJobs(this.jobTable);
  }

  running(): JobView[] {
    return viewRunning(this.jobTable);
  }

  unsettled(): UnsettledCount[] {
    return countUnsettled(this.jobTable);
  }

  output(id: string, client: string) {
    return this.jobTable.find(id, client)?.outputRuns();
  }

  resolve(target: string | readonly string[]): string[] {
    return resolveTargets(typeof target === 'string' ? [target] : target, this.roster);
  }

  send<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options: SendOptions = {},
  ): JobGroup<ResultOf<C>> {
    if (this.closing) throw new SignalboxError('closed', 'this server has been closed');
    if (!this.commands.has(command.name)) {
      throw new SignalboxError('unknown_command', `${command.name} is not among the commands of this server`);
    }
    const parsed = command.args.safeParse(args);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new SignalboxError('bad_arguments', `${command.name}: ${issue?.path.join('.')}: ${issue?.message}`);
    }
    checkSendable(command.name, parsed.data, options);
    const names = this.resolve(target);
    const id = this.jobTable.nextId();
    const { traceparent } = options;
    const traced = checkTraceparent(this.trace?.({ id, command: command.name, clients: names, traceparent }));
    const submission = {
      command: command.name,
      kind: command.kind,
      args: parsed.data,
      ...options,
      traceparent: traced ?? traceparent,
    };
    const nowMs = monotonicMs();
    const jobs = names.map((name) => {
      this.audit?.({
        event: 'sent',
        id,
        client: name,
        command: command.name,
        args: command.auditArgs?.(parsed.data) ?? parsed.data,
      });
      const job = this.jobTable.submit(id, name, submission, nowMs);
      return new LiveJob(job, () => this.jobTable.cancel(job));
    });
    // Results are checked against the contract before they reach the handle.
    return new LiveGroup(id, jobs) as JobGroup as JobGroup<ResultOf<C>>;
  }

  cancel(jobs: readonly { readonly id: string; readonly client: string }[]): void {
    for (const job of this.recordsOf(jobs)) this.jobTable.cancel(job);
  }

  signal(jobs: readonly { readonly id: string; readonly client: string }[], signal: JobSignal): void {
    const records = this.recordsOf(jobs);
    // An adopted job may be of a command that is not known here.
    const deaf = records.find(({ command }) => this.commands.has(command) && !this.commands.get(command)?.takesSignals);
    if (deaf) throw new SignalboxError('bad_usage', `${deaf.command} takes no signals; cancel ends it`);
    const missed = records.filter((job) => !this.jobTable.signal(job, signal));
    const [first] = missed;
    if (!first) return;
    throw new SignalboxError('offline', `${first.id} on ${first.client} does not run, or its client is away`);
  }

  async waitForClients(count: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.roster.syncedCount >= count) resolve();
    };
    const aborted = () => reject(signal?.reason);
    const unsubscribe = this.subscribe(look);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
    else look();
    await promise.finally(() => {
      unsubscribe();
      signal?.removeEventListener('abort', aborted);
    });
  }

  subscribe(listener: EventListener): () => void {
    return this.publisher.subscribe(listener);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private recordsOf(jobs: readonly { readonly id: string; readonly client: string }[]): JobRecord[] {
    return jobs.map(({ id, client }) => {
      const job = this.jobTable.find(id, client);
      if (!job) throw new SignalboxError('no_such_job', `no job ${id} on ${client} is known`);
      return job;
    });
  }

  private tell(job: JobRecord, news: JobNews, written: () => void): void {
    if (this.publisher.isHeard) {
      const contract = this.commands.get(job.command);
      const lagMs = this.roster.get(job.client)?.lagMs;
      this.publisher.publish(eventOf(job, news, contract?.measuresLatency ? { lagMs } : undefined), written);
    } else written();
    if (news.type === 'settled' || news.type === 'late') {
      const { id, client, command, adopted } = job;
      const { outcome, error } = news.settlement;
      const code = error && { code: error.code };
      this.audit?.({ event: 'outcome', id, client, command, ...(adopted && { adopted }), outcome, ...code });
    }
    job.listener?.(news);
  }

  private tick(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.tickedAtMs - tickMs;
    this.tickedAtMs = nowMs;
    // What has arrived meanwhile is read after this, in a later phase of the event loop.
    if (gapMs > limits.heartbeatMs) this.jobTable.forgive(gapMs, nowMs);
    this.jobTable.tick(nowMs);
  }

  private async end(): Promise<void> {
    clearInterval(this.ticker);
    this.door?.[Symbol.dispose]();
    // What was said in this turn arrives first: acks let clients forget what is settled.
    await nextTurn();
    await nextTurn();
    await this.sessions.flushed(flushMs);
    const receiving = this.sessions.close();
    await this.listener[Symbol.asyncDispose]();
    await receiving;
    // From here on nobody can be refused.
    this.refusals[Symbol.dispose]();
  }
}
