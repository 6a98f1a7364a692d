import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import { SignalboxError, type SubcommandContext } from '../../../index.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { type FetchOptions, fetchOnlineUsers } from '../status/fetch-online-users.ts';
import { readAuthorities } from './read-authorities.ts';

/** The options of `signalbox presence count`. */
export interface CountValues {
  readonly connect: HostPort;
  readonly tlsCa?: string;
  readonly follow?: boolean;
}

const everyMs = 1_000;

/** `signalbox presence count` */
export async function runCount(
  { connect, tlsCa, follow = false }: CountValues,
  context: SubcommandContext,
): Promise<void> {
  const options = { connect, ca: readAuthorities(tlsCa), signal: context.signal };
  if (follow) await followCount(options, context);
  else context.say(`${await ask(options)}`);
}

/** Prints the count whenever it changes. If the count fails, prints the reason once. */
async function followCount(options: FetchOptions, { signal, say, warn, observe }: SubcommandContext): Promise<void> {
  let known: bigint | undefined;
  let failure: string | undefined;
  await using _ = await observe({
    health: () => failure ?? `users online: ${known ?? 'not known yet'}`,
    async metrics() {
      const { PresenceRegistry } = await import('../metrics/registry.ts');
      return new PresenceRegistry().withProcess().source;
    },
  });
  while (!signal.aborted) {
    try {
      const users = await ask(options);
      if (users !== known) say(`${users}`);
      known = users;
      failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error instanceof Error ? error : { message: String(error) };
      if (message !== failure) warn(`${message}; trying again`);
      failure = message;
      known = undefined;
    }
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
}

async function ask(options: FetchOptions): Promise<bigint> {
  try {
    return await fetchOnlineUsers(options);
  } catch (cause) {
    const { rawMessage } = ConnectError.from(cause);
    const where = hostPortText(options.connect);
    throw new SignalboxError('unavailable', `the status service at ${where} returns no count: ${rawMessage}`, {
      cause,
    });
  }
}
