import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rounds } from '../../../src/plugins/presence/model/rounds.ts';

const slotsAt = (rounds: Rounds, nowMs: number) => rounds.take(nowMs).map(({ slot }) => slot);

test('each slot is due once in an interval, at its own time', () => {
  const rounds = new Rounds(1_000, { intervalMs: 1_000, slots: 4 });
  expect(slotsAt(rounds, 1_000)).toEqual([0]);
  expect(rounds.nextMs).toBe(1_250);
  expect(slotsAt(rounds, 1_249)).toEqual([]);
  expect(rounds.take(1_510)).toEqual([
    { slot: 1, dueMs: 1_250 },
    { slot: 2, dueMs: 1_500 },
  ]);
  expect(slotsAt(rounds, 2_000)).toEqual([3, 0]);
});

test('after a pause each slot is due once, not once for each missed round', () => {
  const rounds = new Rounds(0, { intervalMs: 1_000, slots: 4 });
  rounds.take(0);
  expect(rounds.take(10_300)).toEqual([
    { slot: 2, dueMs: 9_500 },
    { slot: 3, dueMs: 9_750 },
    { slot: 0, dueMs: 10_000 },
    { slot: 1, dueMs: 10_250 },
  ]);
  expect(rounds.nextMs).toBe(10_500);
});

test('no slot comes twice within its interval by the times at which it was due, whenever slots are read', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 3_000, noNaN: true }), { maxLength: 50 }), (pauses) => {
      const rounds = new Rounds(0, { intervalMs: 1_000, slots: 50 });
      const last = new Map<number, number>();
      let nowMs = 0;
      for (const pause of pauses) {
        nowMs += pause;
        for (const { slot, dueMs } of rounds.take(nowMs)) {
          expect(dueMs).toBeLessThanOrEqual(nowMs);
          const before = last.get(slot);
          if (before !== undefined) expect(dueMs - before).toBeGreaterThan(999);
          last.set(slot, dueMs);
        }
        expect(rounds.nextMs).toBeGreaterThan(nowMs);
      }
    }),
  );
});
