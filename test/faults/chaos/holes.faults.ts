import { test } from 'vitest';
import { runHoles } from './run-holes.ts';
import { expectNone, isRepeated, seeds, timeout } from './seeds.ts';

/** Each of the four holes, and as many as fit into half a minute. */
const least = 4;
const untilMs = 30_000;

test('each job has one outcome if two servers and a client are killed in a row, both at once, with an older copy, or with another store', {
  timeout,
}, async () => {
  const [first = 0] = seeds(1);
  const beganMs = performance.now();
  for (let runs = 0; runs < least || (!isRepeated && performance.now() - beganMs < untilMs); runs += 1) {
    const run = await runHoles((first + runs) >>> 0, { store: 'sqlite' });
    expectNone(run);
  }
});
