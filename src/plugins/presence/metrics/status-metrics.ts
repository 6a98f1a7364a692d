import type { StatusEvents } from '../status/status-events.ts';
import type { PresenceRegistry } from './registry.ts';

const countBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Metrics of a status service.
 * @param count called by each scrape, so that the number of users is current even without other requests
 */
export function createStatusMetrics(of: PresenceRegistry, count: () => Promise<number>): StatusEvents {
  of.gauge('online_users', 'Unique users of the last 3 minutes; NaN while they cannot be counted.', () =>
    count().catch(() => Number.NaN),
  );
  const requests = of.counter('requests_total', 'Counts requested.');
  const counts = of.histogram('count_seconds', 'Time to count.', countBuckets);
  const failing = of.gauge('read_failing', '1 while users cannot be counted.');
  failing.set(0);
  return {
    asked: () => requests.inc(),
    counted: (_, ms) => counts.observe(ms / 1_000),
    storeFailing: (error) => failing.set(error ? 1 : 0),
  };
}
