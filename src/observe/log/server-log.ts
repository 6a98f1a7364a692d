import type { Logger } from 'pino';
import type { Server } from '../../plugin/job-service.ts';
import type { JobRef, ServerEvent } from '../../plugin/observer.ts';
import { type LeftOut, Throttle } from '../../throttle.ts';
import type { WrittenRecord } from '../audit/bounded-audit.ts';
import { adoptions, visits } from '../record-bounds.ts';

/**
 * What happens at a server, as records of a log. Of jobs there are names and codes, and the arguments that the audit keeps; what
 * a command says of itself (results, output, the text of its errors) is not its own to keep.
 */
export class ServerLog implements Disposable {
  private readonly logger: Logger;
  /** What clients bring about by themselves. */
  private readonly states = this.throttle('client state', visits);
  private readonly adopted = this.throttle('jobs of other servers', adoptions);

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** To be told of every record of the audit. Who is refused, and how jobs end, come as events: throttled, and with their times. */
  readonly audit = (record: WrittenRecord): void => {
    const { event, ...facts } = record;
    if (record.event === 'joined') {
      const { client, credential, bootId, host, pid: clientPid } = record;
      this.logger.info({ client, credential, bootId, host, clientPid }, 'client joined');
    } else if (event === 'left') this.logger.info(facts, 'client left');
    else if (event === 'violation') this.logger.warn(facts, 'protocol violated');
    else if (event === 'sent') this.logger.debug(facts, 'command sent');
    else if (event === 'left-out' && countedHere.has(record.of)) this.logger.warn(facts, 'left out');
  };

  watch(server: Server): void {
    const { endpoint, bootId } = server;
    this.logger.info({ endpoint, bootId }, 'listening');
    server.subscribe((event) => this.event(event));
  }

  /** Tells what was left out so far. */
  [Symbol.dispose](): void {
    for (const throttle of [this.states, this.adopted]) throttle[Symbol.dispose]();
  }

  private event(event: ServerEvent): void {
    switch (event.type) {
      case 'client': {
        const { client, state, reason } = event;
        // That it left has been said.
        if (state === 'offline' || !this.states.admits(client, event)) break;
        if (state === 'unresponsive') this.logger.warn({ client, reason }, 'client unresponsive');
        else this.logger.info({ client, state }, 'client state');
        break;
      }
      case 'refused': {
        const { client, address, error, times } = event;
        this.logger.warn({ client, address, code: error.code, reason: error.message, times }, 'refused');
        break;
      }
      case 'allow-list': {
        const { error } = event;
        if (error) this.logger.error({ code: error.code, reason: error.message }, 'allow-list unreadable');
        else this.logger.info('allow-list read again');
        break;
      }
      case 'accepted':
        this.logger.debug(jobOf(event), 'job accepted');
        break;
      case 'rejected': {
        const { code } = event.error;
        this.logger[code === 'busy' ? 'warn' : 'debug']({ ...jobOf(event), code }, 'job rejected');
        break;
      }
      case 'result': {
        const { outcome, error, durationMs, lostOutput } = event;
        const isWarning = outcome === 'lost' || lostOutput !== undefined;
        if (isWarning && !this.isTold(event)) break;
        const facts = { ...jobOf(event), outcome, code: error?.code, durationMs, lostOutput };
        this.logger[isWarning ? 'warn' : 'debug'](facts, 'job ended');
        break;
      }
      case 'late':
        if (!this.isTold(event)) break;
        this.logger.warn({ ...jobOf(event), outcome: event.outcome, code: event.error?.code }, 'outcome came late');
        break;
      default:
    }
  }

  private isTold(job: JobRef): boolean {
    return !job.adopted || this.adopted.admits(job.client, job);
  }

  private throttle(of: string, bound: typeof visits): Throttle<{ readonly client: string }> {
    const onLeftOut = ({ newest: { client }, count, isMixed }: LeftOut<{ readonly client: string }>) =>
      this.logger.warn({ of, count, ...(!isMixed && { client }) }, 'left out');
    return new Throttle({ ...bound, onLeftOut });
  }
}

/** The others come as events. */
const countedHere: ReadonlySet<string> = new Set(['joined', 'left', 'violation']);

const jobOf = ({ id, client, command, adopted }: Extract<ServerEvent, { id: string }>) => ({
  id,
  client,
  command,
  adopted,
});
