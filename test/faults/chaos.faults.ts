import { describe, expect, test } from 'vitest';
import { chooseSeed } from '../support/random.ts';
import { describeViolations } from './chaos/report.ts';
import { runSeed } from './chaos/run-seed.ts';

/** New ones each time; `FAULTS_SEED=…` repeats one. */
const seeds = () => (process.env.FAULTS_SEED === undefined ? [chooseSeed(), chooseSeed()] : [chooseSeed()]);

// A run takes half a minute; one that is stuck says where only after all of its waits.
const timeout = 240_000;

describe.each([
  ['without keys', { keyed: false }],
  ['with keys', { keyed: true }],
])('%s', (_title, options) => {
  test.each(seeds())(
    '2,000 commands have one outcome each, whatever is cut, stopped and killed: FAULTS_SEED=%i',
    { timeout },
    async (seed) => {
      expect(describeViolations(await runSeed(seed, options))).toBe('');
    },
  );
});
