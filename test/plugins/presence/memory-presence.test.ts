import { expect, test } from 'vitest';
import { CachedCount } from '../../../src/plugins/presence/store/cached-count.ts';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { MovedClock, storeCases } from './store-cases.ts';

test.each(storeCases)('in memory, presence $title', async ({ run }) => {
  const clock = new MovedClock();
  await run(async () => new MemoryPresence(clock.now), clock);
});

test('a count is asked for once a second, and again at once after an error', async () => {
  let asked = 0;
  let nowMs = 0;
  const answers = [
    () => Promise.resolve(1),
    () => Promise.reject(new Error('away')),
    () => Promise.resolve(3),
    () => Promise.resolve(4),
  ];
  const store = { count: () => (answers[asked++] ?? (() => Promise.resolve(-1)))() };
  const cached = new CachedCount(store, { now: () => nowMs });
  expect(await Promise.all([cached.read(), cached.read()])).toEqual([1, 1]);
  nowMs = 999;
  expect(await cached.read()).toBe(1);
  nowMs = 1_000;
  await expect(cached.read()).rejects.toThrow('away');
  expect(await cached.read()).toBe(3);
  nowMs = 2_000;
  expect(await cached.read()).toBe(4);
});
