import { expect, test } from 'vitest';
import { CachedCount } from '../../../src/plugins/presence/store/cached-count.ts';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { MovedClock, storeCases } from './store-cases.ts';

test.each(storeCases)('in memory, presence $title', async ({ run }) => {
  const clock = new MovedClock();
  await run(async () => new MemoryPresence(clock.now), clock);
});

test('the count is read twice a second, by one request at a time, and again at once after an error', async () => {
  let nowMs = 0;
  const counts: PromiseWithResolvers<number>[] = [];
  const store = {
    count() {
      counts.push(Promise.withResolvers());
      return counts.at(-1)?.promise ?? Promise.reject(new Error('none'));
    },
  };
  const cached = new CachedCount(store, { now: () => nowMs });
  const first = [cached.read(), cached.read()];
  nowMs = 10_000;
  const third = cached.read();
  counts[0]?.resolve(1);
  expect(await Promise.all([...first, third])).toEqual([1, 1, 1]);
  const away = cached.read();
  counts[1]?.reject(new Error('away'));
  await expect(away).rejects.toThrow('away');
  const back = cached.read();
  counts[2]?.resolve(3);
  expect(await back).toBe(3);
  nowMs = 10_499;
  expect(await cached.read()).toBe(3);
  nowMs = 10_500;
  const next = cached.read();
  counts[3]?.resolve(4);
  expect(await next).toBe(4);
  expect(counts.length).toBe(4);
});
