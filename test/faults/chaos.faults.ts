import { expect, test } from 'vitest';
import { chooseSeed } from '../support/random.ts';
import { describeViolations } from './chaos/report.ts';
import { runSeed } from './chaos/run-seed.ts';

/** New ones each time; `FAULTS_SEED=…` repeats one. */
const seeds = process.env.FAULTS_SEED === undefined ? [1, 2, 3].map(chooseSeed) : [chooseSeed()];

// A run takes half a minute; one that is stuck says where only after all of its waits.
const timeout = 240_000;

test.each(seeds)(
  '2,000 commands have one outcome each, whatever is cut, stopped and killed: FAULTS_SEED=%i',
  {
    timeout,
  },
  async (seed) => {
    const run = await runSeed(seed);
    expect(describeViolations(run)).toBe('');
  },
);

test('with keys it is the same', { timeout }, async () => {
  const seed = chooseSeed();
  process.stderr.write(`with keys: FAULTS_SEED=${seed}\n`);
  expect(describeViolations(await runSeed(seed, { keyed: true }))).toBe('');
});
