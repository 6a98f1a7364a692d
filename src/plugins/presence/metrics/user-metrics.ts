import type { SwarmEvents } from '../user/swarm-events.ts';
import type { PresenceRegistry } from './registry.ts';

/** Finer around one second, the interval of pings. */
const intervalBuckets = [0.5, 0.8, 0.9, 0.95, 0.98, 1.02, 1.05, 1.1, 1.2, 1.5, 2, 5];

/** Metrics of a swarm of users. */
export function createUserMetrics(of: PresenceRegistry): SwarmEvents {
  const connected = of.gauge('swarm_users', 'Connected users of this process.');
  const lost = of.counter('swarm_lost_total', 'Streams that ended, and failed connection attempts.');
  const intervals = of.histogram('ping_interval_seconds', 'Time between two pings of a user.', intervalBuckets);
  return {
    connected(users, error) {
      connected.set(users);
      if (error) lost.inc();
    },
    pinged(sinceMs) {
      if (sinceMs !== undefined) intervals.observe(sinceMs / 1_000);
    },
  };
}
