import { type HostPort, hostPortText } from '../model/host-port.ts';
import { presenceLimits } from '../model/limits.ts';
import type { UserSecret } from '../model/user-secret.ts';
import { GrpcSession } from './grpc-session.ts';
import type { SwarmEvents } from './swarm-events.ts';
import { Turnstile } from './turnstile.ts';
import { User } from './user.ts';

export interface SwarmOptions {
  readonly connect: HostPort;
  /** Trusted certificates for TLS, in PEM. Default: clear text. */
  readonly ca?: string | undefined;
  readonly ids: readonly string[];
  /** Creates the tokens of the users. Default: no tokens. */
  readonly secret?: UserSecret | undefined;
  readonly events: SwarmEvents;
}

const checkEveryMs = 1_000;

/**
 * Runs all these users until `signal` aborts.
 * @throws ConnectError for a permanent refusal
 */
export async function runSwarm({ connect, ca, ids, secret, events }: SwarmOptions, signal: AbortSignal): Promise<void> {
  const url = `${ca === undefined ? 'http' : 'https'}://${hostPortText(connect)}`;
  const refused = new AbortController();
  const either = AbortSignal.any([signal, refused.signal]);
  const turnstile = new Turnstile(presenceLimits.maxConnecting);
  let connected = 0;
  using sessions = new DisposableStack();
  let session = new GrpcSession(url, ca);
  const users = ids.map((userId, at) => {
    if (at % presenceLimits.maxUsersPerConnection === 0) session = sessions.use(new GrpcSession(url, ca));
    let isConnected = false;
    return new User({
      ...{ session, turnstile },
      headers: { 'user-id': userId, ...(secret && { 'user-token': secret.tokenOf(userId) }) },
      onConnected() {
        isConnected = true;
        connected += 1;
        events.connected(connected);
      },
      onLost(error) {
        if (isConnected) connected -= 1;
        isConnected = false;
        events.connected(connected, new Error(error.rawMessage));
      },
      onPing: (sinceMs) => events.pinged(sinceMs),
    });
  });
  let lastCheckMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // After a pause of this process, pings that arrived meanwhile must be read first.
    if (nowMs - lastCheckMs < 2 * checkEveryMs) for (const user of users) user.checkSilence(nowMs);
    lastCheckMs = nowMs;
  }, checkEveryMs);
  try {
    await Promise.all(
      users.map((user) =>
        user.run(either).catch((error) => {
          refused.abort();
          throw error;
        }),
      ),
    );
  } finally {
    clearInterval(timer);
  }
}
