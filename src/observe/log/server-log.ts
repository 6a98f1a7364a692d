import type { Logger } from 'pino';
import type { JobService } from '../../plugin/job-service.ts';
import type { Event, JobRef, Observer } from '../../plugin/observer.ts';
import { type LeftOut, Throttle } from '../../throttle.ts';
import { BoundedAudit, type WrittenRecord } from '../audit/bounded-audit.ts';
import { adoptions, repeatedRefusals, visits } from '../record-bounds.ts';

/**
 * Writes the events of a server as log records. Jobs appear with names, codes and the arguments that the audit keeps;
 * results, output and error texts belong to the command and are left out.
 */
export class ServerLog implements Observer, Disposable {
  readonly name = 'log';
  private readonly logger: Logger;
  private readonly audit = new BoundedAudit((record) => this.record(record));
  private readonly refusals = new Throttle<Refused>({
    ...repeatedRefusals,
    onLeftOut: ({ newest: { client, address, error }, count: times, isMixed }) =>
      this.refused({ ...(!isMixed && { client, address }), error, ...(times > 1 && { times }) }),
  });
  /** Records that clients can trigger. */
  private readonly states = this.throttle('client state', visits);
  private readonly adopted = this.throttle('jobs of other servers', adoptions);

  constructor(logger: Logger) {
    this.logger = logger;
  }

  listening({ endpoint, bootId }: Pick<JobService, 'endpoint' | 'bootId'>): void {
    this.logger.info({ endpoint, bootId }, 'listening');
  }

  /** Writes the pending counts. */
  [Symbol.dispose](): void {
    for (const one of [this.refusals, this.audit, this.states, this.adopted]) one[Symbol.dispose]();
  }

  on(event: Event): void {
    this.audit.on(event);
    const { atMs: ts } = event;
    switch (event.type) {
      case 'client.state': {
        const { client, state, reason } = event;
        // `client left` has logged it.
        if (state === 'offline' || !this.states.admits(client, event)) break;
        if (state === 'unresponsive') this.logger.warn({ ts, client, reason }, 'client unresponsive');
        else this.logger.info({ ts, client, state }, 'client state');
        break;
      }
      case 'client.refused': {
        const { client, address, error } = event;
        if (this.refusals.admits(`${client ?? address} ${error.code}`, event)) this.refused(event);
        break;
      }
      case 'allow-list': {
        const { error } = event;
        if (error) this.logger.error({ ts, code: error.code, reason: error.message }, 'allow-list unreadable');
        else this.logger.info({ ts }, 'allow-list read again');
        break;
      }
      case 'store': {
        const { operation, error } = event;
        if (error) this.logger.error({ ts, operation, code: error.code, reason: error.message }, 'store failing');
        else this.logger.info({ ts, operation }, 'store works again');
        break;
      }
      case 'workflow.started':
      case 'workflow.answered':
      case 'workflow.asked':
      case 'workflow.task':
      case 'workflow.ended':
        this.workflow(event);
        break;
      case 'schedule.loaded':
      case 'schedule.removed':
      case 'schedule.paused':
      case 'schedule.resumed':
      case 'schedule.started':
      case 'schedule.waiting':
      case 'schedule.skipped':
      case 'schedule.backfill':
        this.schedule(event);
        break;
      case 'operator.added':
      case 'operator.removed':
      case 'operator.rotated':
      case 'operator.expired':
      case 'notify.silenced':
      case 'notify.unsilenced': {
        const { atMs: _at, seq: _seq, type, ...facts } = { seq: 0, ...event };
        this.logger.info({ ...facts, ts }, type.replace('.', ' '));
        break;
      }
      case 'plugin':
        this.logger[event.isWarning ? 'warn' : 'info']({ ...event.facts, ts }, event.event.replace('.', ' '));
        break;
      case 'job.accepted':
        this.logger.debug({ ts, ...jobOf(event) }, 'job accepted');
        break;
      case 'job.unreachable':
        if (!this.isTold(event)) break;
        this.logger.warn({ ts, ...jobOf(event), reason: event.reason }, 'job unreachable');
        break;
      case 'job.reachable':
        if (this.isTold(event)) this.logger.info({ ts, ...jobOf(event) }, 'job reachable');
        break;
      case 'job.settled':
        this.settled(event);
        break;
      case 'job.late':
        if (!this.isTold(event)) break;
        this.logger.warn({ ts, ...jobOf(event), outcome: event.outcome, code: event.error?.code }, 'outcome came late');
        break;
      default:
    }
  }

  /** Questions and errors are texts of commands and users, so they are omitted. */
  private workflow({ atMs: ts, seq: _, ...event }: WorkflowEvent): void {
    const without = { error: undefined, question: undefined, failed: undefined };
    const { type, error: __, question: ___, failed, ...known } = { ...without, ...event };
    const facts = { ...known, ...(failed && { failed: failed.map(({ task }) => task) }) };
    const level =
      type === 'workflow.task' ? 'debug' : 'outcome' in facts && facts.outcome === 'failed' ? 'warn' : 'info';
    this.logger[level]({ ts, ...facts }, type.replace('.', ' '));
  }

  private schedule(event: ScheduleEvent): void {
    const { atMs: ts, seq: _, type, ...facts } = event;
    this.logger[levelOf(event)]({ ts, ...facts }, type.replace('.', ' '));
  }

  private settled(event: Extract<Event, { type: 'job.settled' }>): void {
    const { atMs: ts, outcome, error, durationMs, lostOutput } = event;
    if (outcome === 'rejected') {
      const code = error?.code;
      this.logger[code === 'busy' ? 'warn' : 'debug']({ ts, ...jobOf(event), code }, 'job rejected');
      return;
    }
    const isWarning = outcome === 'lost' || lostOutput !== undefined;
    if (isWarning && !this.isTold(event)) return;
    const facts = { ts, ...jobOf(event), outcome, code: error?.code, durationMs, lostOutput };
    this.logger[isWarning ? 'warn' : 'debug'](facts, 'job ended');
  }

  /** Refusals and outcomes are logged from their events instead: with another throttle, and with durations. */
  private record(record: WrittenRecord): void {
    const { event, ...facts } = record;
    if (record.event === 'joined') {
      const { pid: clientPid, event: _, ...others } = record;
      this.logger.info({ ...others, clientPid }, 'client joined');
    } else if (event === 'forgotten') this.logger.info(facts, 'client forgotten');
    else if (event === 'left') this.logger.info(facts, 'client left');
    else if (event === 'violation') this.logger.warn(facts, 'protocol violated');
    else if (event === 'sent') this.logger.debug(facts, 'command sent');
    else if (event === 'placed') this.logger.debug(facts, 'client found');
    else if (record.event === 'left-out' && countedHere.has(record.of)) this.logger.warn(facts, 'left out');
  }

  private refused({ atMs: ts, client, address, error, times }: Partial<Refused> & Pick<Refused, 'error'>): void {
    const facts = { client, address, code: error.code, reason: error.message, times };
    this.logger.warn(ts === undefined ? facts : { ts, ...facts }, 'refused');
  }

  private isTold(job: JobRef): boolean {
    const { client } = job;
    return !job.adopted || client === null || this.adopted.admits(client, { client });
  }

  private throttle(of: string, bound: typeof visits): Throttle<{ readonly client: string }> {
    const onLeftOut = ({ newest: { client }, count, isMixed }: LeftOut<{ readonly client: string }>) =>
      this.logger.warn({ of, count, ...(!isMixed && { client }) }, 'left out');
    return new Throttle({ ...bound, onLeftOut });
  }
}

type WorkflowEvent = Extract<Event, { readonly type: `workflow.${string}` }>;
type ScheduleEvent = Extract<Event, { readonly type: `schedule.${string}` }>;

/** Expected events are not warnings. */
function levelOf(event: ScheduleEvent): 'debug' | 'info' | 'warn' {
  if (event.type === 'schedule.skipped') return ['overlap', 'paused'].includes(event.reason) ? 'info' : 'warn';
  return event.type === 'schedule.started' || event.type === 'schedule.waiting' ? 'debug' : 'info';
}

type Refused = Extract<Event, { type: 'client.refused' }>;

/** Kinds counted here; the others are logged from their events. */
const countedHere: ReadonlySet<string> = new Set(['joined', 'left', 'violation']);

const jobOf = ({ id, number, client, command, adopted }: JobRef) => ({ id, number, client, command, adopted });
