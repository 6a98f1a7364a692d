import type { Logger } from 'pino';
import type { ClientEvent } from '../../client/api.ts';
import { type LeftOut, Throttle } from '../../throttle.ts';
import { visits, wrongs } from '../record-bounds.ts';

/** Writes the events of a client as log records. Jobs appear with names and codes only. */
export class ClientLog implements Disposable {
  private readonly logger: Logger;
  /** Records that a server can trigger, by name. */
  private readonly visits = this.throttle(visits);
  private readonly busy = this.throttle(wrongs);
  private said = '';

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Writes the pending counts. */
  [Symbol.dispose](): void {
    this.visits[Symbol.dispose]();
    this.busy[Symbol.dispose]();
  }

  readonly event = (event: ClientEvent): void => {
    switch (event.type) {
      case 'connected':
        this.said = '';
        if (this.isTold('connected')) this.logger.info({ server: event.server }, 'connected');
        break;
      case 'disconnected':
        this.disconnected(event.error);
        break;
      case 'state':
        if (this.isTold(`state ${event.state}`)) this.logger.info({ state: event.state }, 'state');
        break;
      case 'began':
        this.logger.debug({ id: event.id, command: event.command }, 'job began');
        break;
      case 'ended': {
        const { type: _, ...facts } = event;
        if (event.code !== 'busy') this.logger.debug(facts, 'job ended');
        else if (this.busy.admits('', 'job ended as busy')) this.logger.warn(facts, 'job ended');
        break;
      }
      case 'left':
        this.logger.warn({ jobs: event.jobs, unacked: event.unacked }, 'left behind');
        break;
      case 'forgotten':
        this.logger.warn({ outcomes: event.outcomes }, 'outcomes of other stores forgotten');
        break;
      default:
        event satisfies never;
    }
  };

  private disconnected({ code, message: reason }: Extract<ClientEvent, { type: 'disconnected' }>['error']): void {
    // A client retries every second or two, possibly for hours.
    const isNew = this.said !== reason;
    this.said = reason;
    if (!isNew) this.logger.debug({ code, reason }, 'disconnected');
    else if (this.isTold('disconnected')) this.logger.warn({ code, reason }, 'disconnected');
  }

  private isTold(what: string): boolean {
    return this.visits.admits(what, what);
  }

  private throttle(bound: typeof visits): Throttle<string> {
    const onLeftOut = ({ newest: of, count }: LeftOut<string>) => this.logger.warn({ of, count }, 'left out');
    return new Throttle({ ...bound, onLeftOut });
  }
}
