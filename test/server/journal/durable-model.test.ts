import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fate } from '../../support/scripted-store.ts';
import { DurableWorld } from './durable-world.ts';

type Step = (world: DurableWorld) => unknown;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const step = (text: string, take: Step): Step => Object.assign(take, { [fc.toStringMethod]: () => text });
const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1_000));
const fate = fc.constantFrom<Fate>('done', 'refused', 'forgotten', 'vanished');
const always = (text: string, take: Step) => fc.constant(step(text, take));

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      // Usually no more than a client may have unanswered.
      .tuple(
        fc.oneof({ weight: 60, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constant(256)),
        fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
      )
      .map(([times, expires]) =>
        step(`submit ${times} ${expires ?? ''}`, (world) => {
          for (let time = 0; time < times; time += 1) world.submit(expires);
        }),
      ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(count, fc.boolean())
      .map(([n, rejects]) => step(`client reads ${n}, rejects: ${rejects}`, (world) => world.clientReads(n, rejects))),
  },
  { weight: 5, arbitrary: count.map((n) => step(`server reads ${n}`, (world) => world.serverReads(n))) },
  { weight: 4, arbitrary: fc.nat(20).map((n) => step(`job ${n} ends`, (world) => world.client.finish(n))) },
  { weight: 2, arbitrary: fc.nat(20).map((n) => step(`cancel ${n}`, (world) => world.cancel(n))) },
  { weight: 4, arbitrary: always('connect', (world) => world.connect()) },
  { weight: 1, arbitrary: always('cut', (world) => world.cut()) },
  { weight: 1, arbitrary: always('client dies', (world) => world.killClient()) },
  { weight: 2, arbitrary: always('server dies', (world) => world.kill()) },
  {
    weight: 3,
    arbitrary: fc
      .array(fate, { minLength: 1, maxLength: 4 })
      .map((fates) => step(`store: ${fates.join()}`, (world) => world.fails(fates))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(10, 200, 1_001, 3_001).map((ms) => step(`tick ${ms}`, (world) => world.tick(ms))),
  },
  { weight: 6, arbitrary: always('a turn', (world) => world.settle()) },
  { weight: 2, arbitrary: always('retries', () => vi.advanceTimersByTimeAsync(200)) },
);

async function faultsOf(world: DurableWorld): Promise<string[]> {
  const stored = new Map((await world.stored()).map((job) => [job.submission.id, job]));
  const faults = [...world.faults, ...world.overtaken.map((id) => `${id} was overtaken`)];
  for (const { submission, settlement } of stored.values()) {
    const { id } = submission;
    if (!settlement) faults.push(`${id} has no outcome`);
    if (world.runsOf(id) > 1) faults.push(`${id} ran twice`);
    if (settlement?.outcome === 'completed' && settlement.result !== id) faults.push(`${id} has a strange result`);
    if (settlement?.outcome === 'expired' && world.runsOf(id) > 0) faults.push(`${id} expired and ran`);
  }
  for (const [id, answer] of world.answers) {
    if (answer === 'stored' && !stored.has(id)) faults.push(`${id} was forgotten`);
    if (answer === 'unavailable' && (stored.has(id) || world.runsOf(id) > 0)) faults.push(`${id} was refused and ran`);
    if (!stored.has(id) && world.runsOf(id) > 0) faults.push(`${id} ran and is not known`);
  }
  if (world.client.held.size > 0) faults.push(`not acked: ${[...world.client.held.keys()]}`);
  return faults;
}

test('with crashes and store errors at any moment, answered submissions are kept, and each job runs at most once and ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 20, maxLength: 80, size: 'max' }), async (taken) => {
      const world = new DurableWorld();
      await world.begin();
      world.connect();
      for (const take of taken) await take(world);
      await world.finish();
      expect(await faultsOf(world)).toStrictEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('whatever copy of the store is restored, no job runs twice, and each known job ends', async () => {
  const withCopies = fc.oneof(
    { weight: 30, arbitrary: steps },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 1, max: 6 }).map((n) => step(`put back ${n}`, (world) => world.putBack(n))),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(withCopies, { minLength: 20, maxLength: 80, size: 'max' }), async (taken) => {
      const world = new DurableWorld();
      world.submitsTimed = false;
      await world.begin();
      world.connect();
      for (const take of taken) await take(world);
      await world.finish();
      expect(await faultsOf(world)).toStrictEqual([]);
    }),
    { numRuns: 300 },
  );
});
