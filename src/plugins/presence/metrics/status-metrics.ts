import type { StatusEvents } from '../status/status-reader.ts';
import type { PresenceRegistry } from './registry.ts';

const countBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Metrics of a status service. */
export function createStatusMetrics(of: PresenceRegistry): StatusEvents {
  const online = of.gauge('online_users', 'Unique users of the last 3 minutes, as they were counted last.');
  const requests = of.counter('requests_total', 'Counts that were asked for.');
  const counts = of.histogram('count_seconds', 'How long it took to count.', countBuckets);
  const failing = of.gauge('read_failing', '1 while users cannot be counted.');
  failing.set(0);
  return {
    asked: () => requests.inc(),
    counted(users, ms) {
      online.set(users);
      counts.observe(ms / 1_000);
    },
    storeFailing: (error) => failing.set(error ? 1 : 0),
  };
}
