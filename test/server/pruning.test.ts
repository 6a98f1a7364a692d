import { expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/index.ts';
import { startPruning } from '../../src/server/pruning.ts';
import type { Keep } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { Changes } from '../support/changes.ts';

/** A store that has this much to delete in steps, or fails. */
function storeWith(steps: readonly (number | SignalboxError)[]) {
  const changes = new Changes();
  const asked: Keep[] = [];
  const prune = async (keep: Keep): Promise<number> => {
    const step = steps[asked.length] ?? 0;
    asked.push(keep);
    changes.tell();
    if (step instanceof SignalboxError) throw step;
    return step;
  };
  return { store: Object.assign(createMemoryStore(), { prune }), asked, changes };
}

test('expired data is deleted step by step until nothing remains', async () => {
  const { store, asked, changes } = storeWith([1_000, 1_000, 7]);
  const startedMs = Date.now();
  await using _ = startPruning(store, { forMs: 1_000, maxBytes: 5_000 }, { failed: () => {}, worked: () => {} });
  await changes.until(() => asked.length === 4 || undefined);
  for (const { settledBeforeMs, maxBytes } of asked) {
    expect(maxBytes).toBe(5_000);
    expect(settledBeforeMs).toBeGreaterThanOrEqual(startedMs - 1_000);
    expect(settledBeforeMs).toBeLessThanOrEqual(Date.now() - 1_000);
  }
});

test('a store that fails is left alone until the next run; the failure is reported and ends nothing', async () => {
  const { store, asked } = storeWith([new SignalboxError('unavailable', 'the disk is full')]);
  const told: unknown[] = [];
  const health = { failed: (...fault: unknown[]) => void told.push(fault), worked: () => {} };
  await using pruning = startPruning(store, { forMs: 0, maxBytes: 1 }, health);
  await pruning[Symbol.asyncDispose]();
  expect(asked).toHaveLength(1);
  expect(told).toEqual([['prune', expect.objectContaining({ code: 'unavailable' })]]);
});
