import { expect, test } from 'vitest';
import { PresenceRegistry } from '../../../src/plugins/presence/metrics/registry.ts';
import { createStatusMetrics } from '../../../src/plugins/presence/metrics/status-metrics.ts';
import { CachedCount } from '../../../src/plugins/presence/store/cached-count.ts';

test('a scrape counts, and reports an unknown count while the store fails', async () => {
  let [nowMs, users] = [0, 7];
  let isAway = false;
  const store = { count: async () => (isAway ? Promise.reject(new Error('away')) : users) };
  const failures: (string | undefined)[] = [];
  const events = { counted() {}, storeFailing: (error?: Error) => void failures.push(error?.message) };
  const counts = new CachedCount(store, { now: () => nowMs, events });
  const registry = new PresenceRegistry();
  createStatusMetrics(registry, () => counts.read());
  const scraped = async () => /^signalbox_presence_online_users (.*)$/m.exec(await registry.source.read())?.[1];
  expect(await scraped()).toBe('7');
  users = 8;
  expect(await scraped()).toBe('7');
  nowMs += 500;
  expect(await scraped()).toBe('8');
  nowMs += 500;
  isAway = true;
  expect(Number(await scraped())).toBeNaN();
  isAway = false;
  expect(await scraped()).toBe('8');
  expect(failures).toEqual(['away', undefined]);
});
