import { describe, expect, test } from 'vitest';
import { noPostgres } from '../support/postgres-cluster.ts';
import { chooseSeed } from '../support/random.ts';
import { describeViolations } from './chaos/report.ts';
import { runHoles, runKills } from './chaos/run-holes.ts';
import { runSeed } from './chaos/run-seed.ts';

const isRepeated = process.env.FAULTS_SEED !== undefined;
/** New ones each time; `FAULTS_SEED=…` repeats one. */
const seeds = (count: number) => Array.from({ length: isRepeated ? 1 : count }, chooseSeed);
const skipped = { sqlite: false, memory: false, postgres: noPostgres !== undefined };

// A run takes half a minute; on a busy machine, and stuck, it says where only after all of its waits.
const timeout = 480_000;

describe.each([
  ['with a store in a file', { store: 'sqlite', keyed: false }, 2],
  ['with a store in a file and keys', { store: 'sqlite', keyed: true }, 1],
  ['in memory', { store: 'memory', keyed: false }, 1],
  ['with PostgreSQL', { store: 'postgres', keyed: false }, 1],
] as const)('%s', (_title, options, count) => {
  test.skipIf(skipped[options.store]).each(seeds(count))(
    '2,000 commands have one outcome each, whatever is cut, stopped and killed: FAULTS_SEED=%i',
    { timeout },
    async (seed) => {
      expect(describeViolations(await runSeed(seed, options))).toBe('');
    },
  );
});

/** Each of the four holes, and what fits into half a minute. */
const least = 4;
const untilMs = 30_000;

test('two servers and a client that are killed in a row, both at once, an older copy, another store: each job has one outcome', {
  timeout,
}, async () => {
  const [first = 0] = seeds(1);
  const beganMs = performance.now();
  for (let runs = 0; runs < least || (!isRepeated && performance.now() - beganMs < untilMs); runs += 1) {
    const run = await runHoles((first + runs) >>> 0, { store: 'sqlite' });
    expect(describeViolations(run)).toBe('');
  }
});

test.each(seeds(1))(
  'a server is killed 20 times: its store has all outcomes that were acked or shown, and nothing refused was run: FAULTS_SEED=%i',
  { timeout },
  async (seed) => {
    expect(describeViolations(await runKills(seed, { store: 'sqlite', rounds: 20 }))).toBe('');
  },
);
