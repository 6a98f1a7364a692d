import type { Logger } from 'pino';
import type { AuditRecord, Server, ServerEvent } from '../../index.ts';

/**
 * What happens at a server, as records of a log. Of jobs there are names and codes, and the arguments that the audit keeps; what
 * a command says of itself (results, output, the text of its errors) is not its own to keep.
 */
export class ServerLog {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** To be told of every record of the audit. Who is refused, and how jobs end, come as events: throttled, and with their times. */
  readonly audit = (record: AuditRecord): void => {
    const { event, ...facts } = record;
    if (record.event === 'joined') {
      const { client, credential, bootId, host, pid: clientPid } = record;
      this.logger.info({ client, credential, bootId, host, clientPid }, 'client joined');
    } else if (event === 'left') this.logger.info(facts, 'client left');
    else if (event === 'violation') this.logger.warn(facts, 'protocol violated');
    else if (event === 'sent') this.logger.debug(facts, 'command sent');
  };

  watch(server: Server): void {
    const { endpoint, bootId } = server;
    this.logger.info({ endpoint, bootId }, 'listening');
    server.subscribe((event) => this.event(event));
  }

  private event(event: ServerEvent): void {
    switch (event.type) {
      case 'client': {
        const { client, state, reason } = event;
        if (state === 'unresponsive') this.logger.warn({ client, reason }, 'client unresponsive');
        // That it left has been said.
        else if (state !== 'offline') this.logger.info({ client, state }, 'client state');
        break;
      }
      case 'refused': {
        const { client, address, error, times } = event;
        this.logger.warn({ client, address, code: error.code, reason: error.message, times }, 'refused');
        break;
      }
      case 'locked':
        this.logger.error({ code: event.error.code, reason: event.error.message }, 'allow-list unreadable');
        break;
      case 'accepted':
        this.logger.debug(jobOf(event), 'job accepted');
        break;
      case 'rejected': {
        const { code } = event.error;
        this.logger[code === 'busy' ? 'warn' : 'debug']({ ...jobOf(event), code }, 'job rejected');
        break;
      }
      case 'result': {
        const { outcome, error, durationMs } = event;
        const facts = { ...jobOf(event), outcome, code: error?.code, durationMs };
        this.logger[outcome === 'lost' ? 'warn' : 'debug'](facts, 'job ended');
        break;
      }
      case 'late':
        this.logger.warn({ ...jobOf(event), outcome: event.outcome, code: event.error?.code }, 'outcome came late');
        break;
      default:
    }
  }
}

const jobOf = ({ id, client, command, adopted }: Extract<ServerEvent, { id: string }>) => ({
  id,
  client,
  command,
  adopted,
});
