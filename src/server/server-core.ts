import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CommandContract,
  controlCommands,
  isStanding,
  type JobSignal,
  limits,
  SignalboxError,
} from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { monotonicMs } from '../clock.ts';
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
import { checkArguments, checkSendable } from './check-sendable.ts';
import { Roster } from './clients/roster.ts';
import { resolveTargets } from './clients/targets.ts';
import { countUnsettled, refOf, viewClients, viewJob, viewJobs, viewRunning } from './clients/views.ts';
import type { EventBus } from './event-bus.ts';
import { eventOf, typeOf } from './job-event.ts';
import { KeyedGroups } from './keyed-groups.ts';
import { LiveGroup, LiveJob } from './live-job.ts';
import type { Asked, ServiceCore, Submission } from './local-service.ts';
import { Sessions } from './sessions/sessions.ts';
import { SubmitOrder } from './submit-order.ts';

const tickMs = 100;
/** How long the end waits for clients that do not answer. */
const flushMs = 250;

/** What a running server stands on. */
export interface Parts {
  readonly listener: Listener;
  readonly events: EventBus;
  readonly faults: FaultReports;
  readonly refusals: Refusals;
  readonly door: Door | undefined;
}

/** Joins what decides (roster, job table) to what waits (sessions, and a tick for what is past its time). */
export class ServerCore implements ServiceCore {
  readonly endpoint: string;
  readonly bootId = createBootId();
  /** A Map: a name finds a declared command or nothing. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly interceptors: readonly Interceptor[];
  readonly order = new SubmitOrder();
  private readonly parts: Parts;
  private readonly roster = new Roster();
  private readonly jobTable: JobTable;
  private readonly sessions: Sessions;
  private readonly keyed: KeyedGroups;
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
        tell: (job, news, taken) => this.tell(job, news, taken),
      },
    });
    const { bootId, commands, roster, jobTable } = this;
    this.keyed = new KeyedGroups(({ jobs }) => jobs.some(({ id, client }) => jobTable.find(id, client)));
    this.sessions = new Sessions({ bootId, commands, listener, roster, jobTable, events, refusals, door });
    this.ticker = setInterval(() => this.tick(), tickMs);
  }

  check({ actor, targets, command, args, options }: Asked): Submission {
    if (this.closing) throw new SignalboxError('closed', 'this server has been closed');
    if (!this.commands.has(command.name)) {
      throw new SignalboxError('unknown_command', `${command.name} is not among the commands of this server`);
    }
    const checked = checkArguments(command, args);
    checkSendable(command.name, checked, options);
    const known = this.knownGroup({ actor, targets, command, args: checked, options });
    const clients = known?.jobs.map(({ client }) => client) ?? this.resolve(targets);
    return { method: 'submit', actor, targets, clients, command, args: checked, options };
  }

  submit(submission: Submission, cancel: (jobs: readonly JobKey[]) => Promise<void>, asked = submission): JobGroup {
    if (this.closing) throw new SignalboxError('closed', 'this server has been closed');
    const { actor, clients, command, options } = submission;
    const { expiresInMs, timeoutMs, traceparent } = options;
    const { key } = asked.options;
    const args = submission === asked ? submission.args : this.checkedAgain(submission, asked);
    const known = this.knownGroup(asked);
    if (known) return known;
    const counter = this.jobTable.nextCounter();
    const id = this.jobTable.idOf(counter);
    // What is shown is not what is sent: whoever changes the one leaves the other as it is.
    const auditedArgs = Object.freeze({ ...(command.auditArgs?.(args) ?? args) });
    const mayLoseOutput = command.mayLoseOutput?.(args);
    const record = {
      command: command.name,
      kind: command.kind,
      args,
      auditedArgs,
      actor,
      ...(expiresInMs !== undefined && { expiresInMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      traceparent,
      standing: isStanding(command, args),
    };
    const nowMs = monotonicMs();
    const jobs = clients.map((client) => {
      this.submitted({ id, client, command: command.name }, actor, auditedArgs, record.traceparent);
      const live = new LiveJob(cancel, mayLoseOutput);
      live.job = this.jobTable.submit(counter, client, record, nowMs, live.news);
      return live;
    });
    const group = new LiveGroup(id, jobs, cancel);
    if (key !== undefined) {
      this.keyed.add(actor, key, { targets: asked.targets, command: asked.command.name, args: asked.args, group });
    }
    return group;
  }

  refOf({ id, client }: JobKey): JobRef {
    return refOf(this.recordOf({ id, client }));
  }

  cancel(jobs: readonly JobKey[]): void {
    for (const job of jobs.map((one) => this.recordOf(one))) this.jobTable.cancel(job);
  }

  signal(jobs: readonly JobKey[], signal: JobSignal): void {
    const records = jobs.map((job) => this.recordOf(job));
    // An adopted job may be of a command that is not known here.
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

  /** @param signal ends the wait; its reason is not thrown here. */
  async waitForClients(count: number, signal: AbortSignal | undefined): Promise<void> {
    const stop = new AbortController();
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    await using reader = this.watch(either);
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

  private knownGroup({ actor, targets, command, args, options }: Asked): JobGroup | undefined {
    const { key } = options;
    return key === undefined ? undefined : this.keyed.find(actor, key, { targets, command: command.name, args });
  }

  /** An interceptor may have changed it, also what is in `asked`. */
  private checkedAgain({ command, args, options, clients }: Submission, asked: Submission): Record<string, unknown> {
    if (command !== asked.command && this.commands.get(command.name) !== command) {
      throw new SignalboxError('bad_usage', `an interceptor has put in ${command.name}, which is none of the commands`);
    }
    const left = new Set(clients);
    const known = new Set(asked.clients);
    if (left.size === 0) throw new SignalboxError('not_allowed', 'an interceptor has left out every client');
    if (left.size < clients.length || clients.some((client) => !known.has(client))) {
      throw new SignalboxError('bad_usage', 'an interceptor may leave clients out, and add none');
    }
    const checked = checkArguments(command, args);
    checkSendable(command.name, checked, options);
    return checked;
  }

  private recordOf({ id, client }: JobKey): JobRecord {
    const job = this.jobTable.find(id, client);
    if (!job) throw new SignalboxError('no_such_job', `no job ${id} on ${client} is known`);
    return job;
  }

  private submitted(
    job: JobRef,
    actor: string,
    args: Readonly<Record<string, unknown>>,
    traceparent: string | undefined,
  ): void {
    const { events } = this.parts;
    if (!events.isHeard) return;
    events.emit({ type: 'job.submitted', ...job, actor, args, ...(traceparent !== undefined && { traceparent }) });
  }

  /** Handles first: whoever is told of the event finds them settled. */
  private tell(job: JobRecord, news: JobNews, taken: () => void): void {
    const { events, faults } = this.parts;
    const stamp = events.stamp(typeOf(news));
    const contract = this.commands.get(job.command);
    const lagMs = this.roster.get(job.client)?.lagMs;
    let made: JobEvent | undefined;
    const event = () => {
      made ??= eventOf(job, news, stamp, { contract, lagMs, faults });
      return made;
    };
    job.listener?.(news, event);
    // Handles are not held by jobs that are only kept for history.
    if (news.type === 'settled') job.listener = undefined;
    if (events.isHeard) events.deliver(event(), taken);
    else taken();
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
    const { listener, events, refusals, door } = this.parts;
    clearInterval(this.ticker);
    door?.[Symbol.dispose]();
    // What was said in this turn arrives first: acks let clients forget what is settled.
    await nextTurn();
    await nextTurn();
    await this.sessions.flushed(flushMs);
    const receiving = this.sessions.close();
    await listener[Symbol.asyncDispose]();
    await receiving;
    // From here on nobody can be refused.
    refusals[Symbol.dispose]();
    events.close();
  }
}
