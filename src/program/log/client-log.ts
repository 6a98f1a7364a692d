import type { Logger } from 'pino';
import type { ClientEvent } from '../../index.ts';

/** What happens at a client, as records of a log. Of jobs there are names and codes alone. */
export function createClientLog(logger: Logger): (event: ClientEvent) => void {
  let said = '';
  return (event) => {
    switch (event.type) {
      case 'connected':
        said = '';
        logger.info({ server: event.server }, 'connected');
        break;
      case 'disconnected': {
        const { code, message: reason } = event.error;
        // It tries again every second or two, for hours where it must.
        logger[said === reason ? 'debug' : 'warn']({ code, reason }, 'disconnected');
        said = reason;
        break;
      }
      case 'state':
        logger.info({ state: event.state }, 'state');
        break;
      case 'began':
        logger.debug({ id: event.id, command: event.command }, 'job began');
        break;
      case 'ended': {
        const { type: _, ...facts } = event;
        logger[event.code === 'busy' ? 'warn' : 'debug'](facts, 'job ended');
        break;
      }
      case 'left':
        logger.warn({ jobs: event.jobs, unacked: event.unacked }, 'left behind');
        break;
      default:
        event satisfies never;
    }
  };
}
