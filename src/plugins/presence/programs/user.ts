import { hostname } from 'node:os';
import { ConnectError } from '@connectrpc/connect';
import { SignalboxError, type SubcommandContext } from '../../../index.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { isUserId, userIdForm } from '../model/user-id.ts';
import { runSwarm } from '../user/swarm.ts';
import { readAuthorities } from './read-authorities.ts';
import { readUserSecret } from './read-secret.ts';
import { SwarmNews } from './swarm-news.ts';

/** The options of `signalbox presence user`. */
export interface UserValues {
  readonly connect: HostPort;
  readonly tlsCa?: string;
  readonly id?: string;
  readonly count?: number;
  readonly userSecretFile?: string;
}

/** `signalbox presence user` */
export async function runUser(
  { connect, tlsCa, id = `${hostname()}-${process.pid}`.slice(-100), count, userSecretFile }: UserValues,
  { signal, say, observe }: SubcommandContext,
): Promise<void> {
  const secret = readUserSecret(userSecretFile);
  const ca = readAuthorities(tlsCa);
  const ids = count === undefined ? [id] : Array.from({ length: count }, (_, at) => `${id}-${at + 1}`);
  const tooLong = ids.find((one) => !isUserId(one));
  if (tooLong !== undefined) throw new SignalboxError('bad_usage', `'${tooLong}' is not a user-id: use ${userIdForm}`);
  const where = hostPortText(connect);
  await using cleanup = new AsyncDisposableStack();
  const news = cleanup.use(new SwarmNews({ ids, where, say }));
  cleanup.use(
    await observe({
      health: () => news.text,
      async metrics() {
        const [{ PresenceRegistry }, { createUserMetrics }] = await Promise.all([
          import('../metrics/registry.ts'),
          import('../metrics/user-metrics.ts'),
        ]);
        const metrics = new PresenceRegistry().withProcess();
        news.metrics = createUserMetrics(metrics);
        return metrics.source;
      },
    }),
  );
  try {
    await runSwarm({ connect, ca, ids, secret, events: news }, signal);
  } catch (error) {
    const { rawMessage } = ConnectError.from(error);
    throw new SignalboxError('not_allowed', `the gateway at ${where} refuses: ${rawMessage}`, { cause: error });
  }
}
