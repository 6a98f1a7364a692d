import type { Channel } from '../../plugin/channel.ts';
import type { SubcommandLog } from '../../plugin/subcommand.ts';

/** Writes messages to the log of the server. */
export function createLogChannel(log: SubcommandLog): Channel {
  return {
    about: 'log',
    async send({ id, body, text, count }) {
      log.warn({ id, count, notification: JSON.parse(body) }, text);
    },
  };
}
