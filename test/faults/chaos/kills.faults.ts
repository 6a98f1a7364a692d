import { test } from 'vitest';
import { runKills } from './run-holes.ts';
import { expectNone, seeds, timeout } from './seeds.ts';

test.each(seeds(1))(
  'after 20 kills of a server its store has all outcomes that were acknowledged or shown, and nothing refused was run: FAULTS_SEED=%i',
  { timeout },
  async (seed) => {
    expectNone(await runKills(seed, { store: 'sqlite', rounds: 20 }));
  },
);
