import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CommandContract,
  controlCommands,
  type JobSignal,
  jobSignalSchema,
  limits,
  SignalboxError,
} from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { forgivenGapMs, monotonicMs } from '../clock.ts';
import type { JobEvent, JobNews, JobRef } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import { JobTable } from '../jobs/job-table.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Interceptor } from '../plugin/interceptor.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { ClientView, EventReader, JobKey, JobView, ListFilter, UnsettledCount } from '../plugin/job-service.ts';
import type { ServerOptions } from '../plugin/server-options.ts';
import type { Listener } from '../wire/listener.ts';
import type { Door } from './admission/door.ts';
import type { Refusals } from './admission/refusals.ts';
import { Roster } from './clients/roster.ts';
import { resolveTargets } from './clients/targets.ts';
import { countUnsettled, refOf, viewClients, viewJob, viewJobs, viewRunning } from './clients/views.ts';
import type { EventBus } from './event-bus.ts';
import { eventOf, typeOf } from './job-event.ts';
import type { Asked, ServiceCore, Submission } from './local-service.ts';
import { Sessions } from './sessions/sessions.ts';
import { Submissions } from './submissions.ts';
import { SubmitOrder } from './submit-order.ts';

const tickMs = 100;
/** How long closing waits for clients that do not answer. */
const flushMs = 250;

/** The parts that `createServer` opens. */
export interface Parts {
  readonly listener: Listener;
  readonly events: EventBus;
  readonly faults: FaultReports;
  readonly refusals: Refusals;
  readonly door: Door | undefined;
}

/** Connects the pure parts (roster, job table) to sessions, and to a tick that finds what has timed out. */
export class ServerCore implements ServiceCore {
  readonly endpoint: string;
  readonly bootId = createBootId();
  /** A Map, not an object: inherited names must find nothing. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly interceptors: readonly Interceptor[];
  readonly order = new SubmitOrder();
  private readonly parts: Parts;
  private readonly roster = new Roster();
  private readonly jobTable: JobTable;
  private readonly sessions: Sessions;
  private readonly submissions: Submissions;
  private readonly ticker: NodeJS.Timeout;
  private tickedAtMs = monotonicMs();
  private closing: Promise<void> | undefined;

  constructor(options: ServerOptions, parts: Parts) {
    this.parts = parts;
    this.interceptors = options.interceptors ?? [];
    const { listener, events, refusals, door } = parts;
    this.endpoint = listener.endpoint;
    this.commands = new Map(
      [...controlCommands, ...(options.commands ?? [])].map((command) => [command.name, command]),
    );
    this.jobTable = new JobTable({
      bootId: this.bootId,
      lostAfterMs: options.lostAfterMs ?? limits.lostAfterMs,
      effects: {
        send: (client, message) => this.sessions.send(client, message),
        tell: (job, news) => this.tell(job, news),
      },
    });
    const { bootId, commands, roster, jobTable } = this;
    const resolve = (targets: readonly string[]) => this.resolve(targets);
    this.submissions = new Submissions({ commands, jobTable, events, resolve });
    this.sessions = new Sessions({ bootId, commands, listener, roster, jobTable, events, refusals, door });
    this.ticker = setInterval(() => this.tick(), tickMs);
  }

  check(asked: Asked): Submission {
    this.refuseClosed();
    return this.submissions.check(asked);
  }

  submit(submission: Submission, cancel: (jobs: readonly JobKey[]) => Promise<void>, asked = submission): JobGroup {
    this.refuseClosed();
    return this.submissions.submit(submission, cancel, asked);
  }

  refOf({ id, client }: JobKey): JobRef {
    return refOf(this.recordOf({ id, client }));
  }

  cancel(jobs: readonly JobKey[]): void {
    this.refuseClosed();
    for (const job of jobs.map((one) => this.recordOf(one))) this.jobTable.cancel(job);
  }

  signal(jobs: readonly JobKey[], signal: JobSignal): void {
    this.refuseClosed();
    // A client ends the session in which another comes.
    if (!jobSignalSchema.safeParse(signal).success) {
      throw new SignalboxError('bad_arguments', `${signal} is not one of ${jobSignalSchema.options.join(', ')}`);
    }
    const records = jobs.map((job) => this.recordOf(job));
    // An adopted job may have a command that this server does not know.
    const deaf = records.find(({ command }) => this.commands.has(command) && !this.commands.get(command)?.takesSignals);
    if (deaf) throw new SignalboxError('bad_usage', `${deaf.command} takes no signals; cancel ends it`);
    const missed = records.filter((job) => !this.jobTable.signal(job, signal));
    const [first] = missed;
    if (!first) return;
    throw new SignalboxError('offline', `${first.id} on ${first.client} does not run, or its client is away`);
  }

  get(job: JobKey): JobView {
    return viewJob(this.recordOf(job));
  }

  list({ state }: ListFilter = {}): JobView[] {
    return state === 'running' ? viewRunning(this.jobTable) : viewJobs(this.jobTable);
  }

  unsettled(): UnsettledCount[] {
    return countUnsettled(this.jobTable);
  }

  output(job: JobKey): readonly OutputRun[] {
    return this.recordOf(job).outputRuns();
  }

  records(job: JobKey): readonly EmittedRecord[] {
    return this.recordOf(job).records();
  }

  clients(): ClientView[] {
    return viewClients(this.roster, this.jobTable);
  }

  resolve(target: readonly string[]): string[] {
    return resolveTargets(target, this.roster);
  }

  /** @param signal ends the wait; its reason is thrown. */
  async waitForClients(count: number, signal: AbortSignal | undefined): Promise<void> {
    this.refuseClosed();
    await using reader = this.watch(signal);
    while (this.roster.syncedCount < count) {
      const { done } = await reader.next();
      if (!done) continue;
      signal?.throwIfAborted();
      throw new SignalboxError('closed', 'this server has been closed');
    }
  }

  watch(signal: AbortSignal | undefined): EventReader {
    return this.parts.events.read({ signal });
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private refuseClosed(): void {
    if (this.closing) throw new SignalboxError('closed', 'this server has been closed');
  }

  private recordOf({ id, client }: JobKey): JobRecord {
    const job = this.jobTable.find(id, client);
    if (!job) throw new SignalboxError('no_such_job', `no job ${id} on ${client} is known`);
    return job;
  }

  /** Handles first: they are settled when the event is delivered. */
  private tell(job: JobRecord, news: JobNews): void {
    const { events } = this.parts;
    const { listener } = job;
    const { isHeard } = events;
    const event = isHeard || listener?.wantsEvent(news) ? this.eventMaker(job, news) : undefined;
    listener?.news(news, event);
    // Jobs in the history must not retain handles.
    if (news.type === 'settled') job.listener = undefined;
    if (isHeard && event) events.deliver(event(), () => this.jobTable.taken(job, news));
    else this.jobTable.taken(job, news);
  }

  /** Most events are not asked for, and not made. */
  private eventMaker(job: JobRecord, news: JobNews): () => JobEvent {
    const { events, faults } = this.parts;
    const stamp = events.stamp(typeOf(news));
    const contract = this.commands.get(job.command);
    const lagMs = this.roster.get(job.client)?.lagMs;
    let made: JobEvent | undefined;
    return () => {
      made ??= eventOf(job, news, stamp, { contract, lagMs, faults });
      return made;
    };
  }

  private tick(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.tickedAtMs - tickMs;
    this.tickedAtMs = nowMs;
    // Messages that arrived meanwhile are read after this, in a later phase of the event loop.
    if (gapMs > forgivenGapMs) this.jobTable.forgive(gapMs, nowMs);
    this.jobTable.tick(nowMs);
  }

  private async end(): Promise<void> {
    const { listener, events, refusals, door } = this.parts;
    clearInterval(this.ticker);
    door?.[Symbol.dispose]();
    // Messages of this turn are sent first: acks let clients forget settled jobs.
    await nextTurn();
    await nextTurn();
    await this.sessions.flushed(flushMs);
    const receiving = this.sessions.close();
    await listener[Symbol.asyncDispose]();
    await receiving;
    // After this nobody can be refused.
    refusals[Symbol.dispose]();
    events.close();
  }
}
