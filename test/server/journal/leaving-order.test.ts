import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DurableWorld } from './durable-world.ts';
import { openJournal } from './open-journal.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** As many as a client has unanswered at once. */
const window = 255;
const hour = 3_600_000;

/** A world whose client has answered nothing yet: commands wait behind others, some of them with a time to wait. */
async function crowded(): Promise<DurableWorld> {
  const world = new DurableWorld();
  await world.begin();
  world.connect();
  world.serverReads(1);
  for (let place = 0; place < window; place += 1) world.submit(undefined);
  for (const expiresMs of [hour, undefined, hour, undefined]) world.submit(expiresMs);
  await world.settle();
  return world;
}

async function outcomesOf(world: DurableWorld): Promise<Record<string, number>> {
  await world.finish();
  const outcomes = (await world.stored()).map(({ settlement }) => settlement?.outcome ?? 'none');
  return Object.fromEntries([...Map.groupBy(outcomes, (one) => one)].map(([outcome, { length }]) => [outcome, length]));
}

test('a command that needs no commit does not overtake one that waits for the store: its client would refuse that one', async () => {
  expect(await outcomesOf(await crowded())).toEqual({ completed: window + 4 });
});

test('the next server sends what was stored as waiting before what came later, and was stored as bound', async () => {
  const world = await crowded();
  await world.kill();
  world.connect();
  expect(await outcomesOf(world)).toEqual({ completed: window + 4 });
});

test('the same where the client has taken some of them', async () => {
  const world = await crowded();
  world.clientReads(2, false);
  world.serverReads(2);
  await world.settle();
  await world.kill();
  world.connect();
  expect(await outcomesOf(world)).toEqual({ completed: window + 4 });
});

test('what a new session sends again leaves before what waits for the store, if it came before that', async () => {
  const { submit, jobTable, store, turn, takeSeen } = await openJournal();
  submit();
  await turn();
  const gate = Promise.withResolvers<void>();
  store.fateOf = () => gate.promise;
  submit();
  await turn();
  takeSeen();
  jobTable.sessionEnded('w1', 0);
  jobTable.sessionBegan('w1', 'aaaaaaaaaaaa');
  jobTable.listingEnded('w1', 0);
  expect(takeSeen()).toEqual(['command 1']);
  gate.resolve();
  await turn();
  expect(takeSeen()).toEqual(['submitted 2', 'command 2']);
});

test('what is refused with others of its turn makes room for nothing that is refused with it', async () => {
  const world = new DurableWorld();
  await world.begin();
  world.connect();
  world.serverReads(1);
  world.fails(['refused']);
  for (let place = 0; place < window + 2; place += 1) world.submit(undefined);
  await world.settle();
  await world.finish();
  expect(new Set(world.answers.values())).toEqual(new Set(['unavailable']));
  expect([...world.answers.keys()].filter((id) => world.runsOf(id) > 0)).toEqual([]);
});
