import { describe, expect, test } from 'vitest';
import { noPostgres } from '../../support/postgres-cluster.ts';
import { chooseSeed } from '../../support/random.ts';
import { describeViolations } from './report.ts';
import { type Run, runSeed } from './run-seed.ts';
import type { WorldOptions } from './world.ts';

export const isRepeated = process.env.FAULTS_SEED !== undefined;
/** New ones each time; `FAULTS_SEED=…` repeats one. */
export const seeds = (count: number) => Array.from({ length: isRepeated ? 1 : count }, chooseSeed);

/** A failure starts with the violations, because a report may show only the first lines of a long message. */
export function expectNone(run: Run): void {
  expect(run.violations.length, describeViolations(run)).toBe(0);
}

// A run takes half a minute. On a busy machine, a stuck run reports its place only after all of its waits.
export const timeout = 480_000;

/** The test of this many seeds. */
export function testSeeds(count: number, options: WorldOptions): void {
  const isSkipped = options.store === 'postgres' && noPostgres !== undefined;
  const { store = 'sqlite', keyed = false } = options;
  describe.skipIf(isSkipped)(`chaos, store: ${store}${keyed ? ', with keys' : ''}`, () => {
    test.each(seeds(count))(
      '2,000 commands have one outcome each, whatever is cut, stopped and killed: FAULTS_SEED=%i',
      { timeout },
      async (seed) => {
        expectNone(await runSeed(seed, options));
      },
    );
  });
}
