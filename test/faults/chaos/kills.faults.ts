import { expect, test } from 'vitest';
import { describeViolations } from './report.ts';
import { runKills } from './run-holes.ts';
import { seeds, timeout } from './seeds.ts';

test.each(seeds(1))(
  'a server is killed 20 times: its store has all outcomes that were acked or shown, and nothing refused was run: FAULTS_SEED=%i',
  { timeout },
  async (seed) => {
    expect(describeViolations(await runKills(seed, { store: 'sqlite', rounds: 20 }))).toBe('');
  },
);
