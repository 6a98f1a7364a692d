import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { PlacesWorld } from './places-world.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return () => vi.useRealTimers();
});

type Step = (world: PlacesWorld) => void | Promise<void>;

const step = (text: string, take: Step): Step => Object.assign(take, { [fc.toStringMethod]: () => text });
const who = fc.nat(2);
const count = fc.constantFrom(1, 2, 1_000);
const fate = fc.constantFrom('done', 'refused', 'forgotten', 'vanished' as const);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, 300, 100_000))
      .map(([pick, ms]) => step(`submit ${pick} ${ms}`, (world) => world.submit(pick, ms))),
  },
  { weight: 2, arbitrary: who.map((at) => step(`send to ${at}`, (world) => world.sendTo(at))) },
  { weight: 5, arbitrary: who.map((at) => step(`join ${at}`, (world) => world.connect(at))) },
  { weight: 2, arbitrary: who.map((at) => step(`leave ${at}`, (world) => world.cut(at))) },
  { weight: 1, arbitrary: who.map((at) => step(`restart client ${at}`, (world) => world.killClient(at))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(who, fc.boolean())
      .map(([at, isReady]) =>
        step(`ready ${at}: ${isReady}`, (world) => void Object.assign(world.lines[at] ?? {}, { isReady })),
      ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(who, count, fc.boolean())
      .map(([at, n, rejects]) =>
        step(`client ${at} reads ${n}, rejects: ${rejects}`, (world) => world.clientReads(at, n, rejects)),
      ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(who, count)
      .map(([at, n]) => step(`server reads ${n} of ${at}`, (world) => world.serverReads(at, n))),
  },
  { weight: 3, arbitrary: who.map((at) => step(`a job of ${at} ends`, (world) => world.lines[at]?.client.finish(0))) },
  { weight: 2, arbitrary: fc.nat(50).map((at) => step(`cancel ${at}`, (world) => world.cancel(at))) },
  { weight: 6, arbitrary: fc.constantFrom(0, 100, 1_100).map((ms) => step(`tick ${ms}`, (world) => world.tick(ms))) },
  { weight: 5, arbitrary: fc.constant(step('commit', (world) => world.settle())) },
  {
    weight: 1,
    arbitrary: fc
      .array(fate, { minLength: 1, maxLength: 3 })
      .map((fates) => step(`fails ${fates}`, (world) => world.fails(fates))),
  },
  { weight: 1, arbitrary: fc.constant(step('kill', (world) => world.kill())) },
);

async function faultsOf(world: PlacesWorld): Promise<string[]> {
  const faults: string[] = [];
  const stored = await world.stored();
  const known = new Set<string>();
  for (const { submission, client, place, sentAs, settlement } of stored) {
    const name = `${submission.id}/${client}`;
    const wireId = sentAs ?? submission.id;
    known.add(`${wireId} ${client}`);
    if (!settlement) faults.push(`${name} has no outcome`);
    // Ids rise at each client.
    if (settlement?.error?.message.includes('received it before')) faults.push(`${name} came too late`);
    if (client.startsWith('#') && sentAs !== undefined) faults.push(`${name} was sent to nobody`);
    if (place === undefined) continue;
    // The others of the submission may have been sent under its id.
    const runs = sentAs === undefined ? 0 : world.runsOf(sentAs);
    if (runs > 1) faults.push(`${name} ran twice`);
    if (settlement?.outcome === 'completed' && runs === 0) faults.push(`${name} never ran`);
    const told = world.told.get(`${submission.id} ${place}`) ?? [];
    const placed = told.filter((word) => word.startsWith('placed'));
    if (placed.length > 1) faults.push(`${name} was told ${told}`);
    if (placed.some((word) => word !== `placed ${client}`)) faults.push(`${name} was told as ${placed}`);
    if (told.filter((word) => word === 'settled').length > 1) faults.push(`${name} ended as ${told}`);
    if (told.at(-1)?.startsWith('placed') === true && told.includes('settled')) faults.push(`${name} was told ${told}`);
  }
  for (const id of world.ran()) if (!known.has(id)) faults.push(`${id} ran, and is no job`);
  for (const [id, pick] of world.picks) {
    const jobs = stored.filter(({ submission }) => submission.id === id);
    if (jobs.length !== pick) faults.push(`${id} has ${jobs.length} of ${pick} jobs`);
    if (new Set(jobs.map(({ client }) => client)).size !== pick) faults.push(`${id} went to a client twice`);
  }
  return faults;
}

test('each place is bound at most once, runs at most once and ends exactly once, whichever clients come, go or are killed', async () => {
  let placed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 80 }), async (story) => {
      const world = new PlacesWorld();
      await world.begin();
      for (const take of story) await take(world);
      await world.finish();
      expect(await faultsOf(world)).toEqual([]);
      for (const { place, sentAs } of await world.stored())
        if (place !== undefined && sentAs !== undefined) placed += 1;
    }),
    { numRuns: 500 },
  );
  expect(placed).toBeGreaterThan(50);
}, 120_000);
