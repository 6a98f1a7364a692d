import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { noEvents } from '../../../src/plugins/presence/gateway/gateway-events.ts';
import { Recorder } from '../../../src/plugins/presence/gateway/recorder.ts';
import { saysOnline } from '../../../src/plugins/presence/model/online.ts';
import type { Sighting } from '../../../src/plugins/presence/model/sighting.ts';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { Told } from './open-presence.ts';

/** A store in memory that fails while it is down, before or after it has taken the batch. */
class Flaky extends MemoryPresence {
  away: 'no' | 'before' | 'after' = 'no';
  readonly batches: (readonly Sighting[])[] = [];

  override async put(sightings: readonly Sighting[]): Promise<void> {
    if (this.away === 'before') throw new Error('away');
    this.batches.push(sightings);
    await super.put(sightings);
    if (this.away === 'after') throw new Error('lost');
  }
}

const byHand = { everyMs: 3_600_000, maxRows: 1_000, events: noEvents };

test('sightings that cannot be stored wait with their time, and newer pongs win', async () => {
  let nowMs = 0;
  const now = () => nowMs;
  await using store = new Flaky(now);
  await using recorder = new Recorder(store, { ...byHand, now });
  recorder.see('ann');
  recorder.see('bob');
  store.away = 'before';
  await recorder.flush();
  nowMs = 5_000;
  recorder.see('bob');
  await recorder.flush();
  expect(recorder.waiting).toBe(2);
  nowMs = 60_000;
  store.away = 'no';
  await recorder.flush();
  expect(store.batches).toEqual([
    [
      { userId: 'ann', atMs: 0 },
      { userId: 'bob', atMs: 5_000 },
    ],
  ]);
  expect(recorder.waiting).toBe(0);
});

test('a pong that arrives while an older one is being stored is not lost', async () => {
  let nowMs = 0;
  const { promise, reject } = Promise.withResolvers<void>();
  const stored: (readonly Sighting[])[] = [];
  let isFirst = true;
  const store = {
    async put(rows: readonly Sighting[]) {
      if (isFirst) {
        isFirst = false;
        await promise;
      }
      stored.push(rows);
    },
    async prune() {},
  };
  await using recorder = new Recorder(store, { ...byHand, now: () => nowMs });
  recorder.see('ann');
  const flushed = recorder.flush();
  nowMs = 1_000;
  recorder.see('ann');
  reject(new Error('away'));
  await flushed;
  await recorder.flush();
  expect(stored).toEqual([[{ userId: 'ann', atMs: 1_000 }]]);
});

test('a row that no longer counts is dropped in a long outage', async () => {
  let nowMs = 0;
  await using store = new Flaky(() => nowMs);
  store.away = 'before';
  await using recorder = new Recorder(store, { ...byHand, now: () => nowMs });
  recorder.see('ann');
  await recorder.flush();
  expect(recorder.waiting).toBe(1);
  nowMs = 180_000;
  await recorder.flush();
  expect(recorder.waiting).toBe(0);
});

test('users beyond the bound are not accepted; those already waiting are', async () => {
  await using store = new Flaky();
  store.away = 'before';
  await using recorder = new Recorder(store, { ...byHand, maxRows: 2, now: () => 0 });
  expect(['ann', 'bob', 'cat', 'ann'].map((userId) => recorder.see(userId))).toEqual([true, true, false, true]);
});

test('an outage is reported once for each batch that fails, and its end once', async () => {
  const told = new Told();
  await using store = new Flaky();
  await using recorder = new Recorder(store, { ...byHand, events: told, now: () => 0 });
  recorder.see('ann');
  store.away = 'before';
  await recorder.flush();
  await recorder.flush();
  store.away = 'no';
  await recorder.flush();
  recorder.see('ann');
  await recorder.flush();
  expect(told.failures).toEqual(['away', 'away', undefined]);
  expect(told.batches).toEqual([1, 1]);
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ pong: fc.nat(7), gateway: fc.nat(1), status: fc.constantFrom(...[0, 1, 2, 7]) }),
  },
  { weight: 2, arbitrary: fc.record({ passMs: fc.nat(100_000) }) },
  { weight: 2, arbitrary: fc.record({ flush: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ away: fc.constantFrom('no', 'before', 'after') }) },
);

test('the count matches the pongs, for any order of pongs, batches and outages at two gateways', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let nowMs = 0;
      const now = () => nowMs;
      await using store = new Flaky(now);
      await using one = new Recorder(store, { ...byHand, now });
      await using other = new Recorder(store, { ...byHand, now });
      const seenAt = new Map<string, number>();
      const model = () => [...seenAt.values()].filter((atMs) => nowMs - atMs < 180_000).length;
      for (const step of steps) {
        if ('pong' in step) {
          const userId = `user-${step.pong}`;
          const isOnline = step.status === Status.EVEN || step.status === Status.ODD;
          expect(saysOnline(step.status)).toBe(isOnline);
          if (isOnline) {
            (step.gateway === 0 ? one : other).see(userId);
            seenAt.set(userId, nowMs);
          }
        } else if ('passMs' in step) nowMs += step.passMs;
        else if ('flush' in step) await (step.flush === 0 ? one : other).flush();
        else store.away = step.away as Flaky['away'];
        expect(await store.count()).toBeLessThanOrEqual(model());
      }
      store.away = 'no';
      await Promise.all([one.flush(), other.flush()]);
      expect(await store.count()).toBe(model());
    }),
  );
});
