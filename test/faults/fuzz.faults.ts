import { expect, test } from 'vitest';
import { fuzzDecoding, unreached } from '../fuzz/decoding.ts';
import { fuzzClients, fuzzServer } from '../fuzz/sockets.ts';
import { chooseSeed } from '../support/random.ts';

const seed = chooseSeed();
process.stderr.write(`fuzz: FAULTS_SEED=${seed}\n`);

test('both sides refuse each of 20,000 hostile frames, or read it as the schemas say, at once, and keep nothing of it', () => {
  const figures = fuzzDecoding(seed, 20_000);
  expect(figures.violations).toEqual([]);
  // Each message has come through, and each field has been wrong.
  expect(unreached(figures)).toEqual([]);
}, 240_000);

test('a hostile client that is admitted harms neither its server nor the ping of another client', async () => {
  const { ratio, violations } = await fuzzServer(seed, 6);
  process.stderr.write(`the ping beside a hostile client took ${ratio.toFixed(2)} times as long\n`);
  expect(violations).toEqual([]);
});

test('clients survive a hostile server, and reconnect to a good one in its place', async () => {
  expect((await fuzzClients(seed, 4)).violations).toEqual([]);
});
