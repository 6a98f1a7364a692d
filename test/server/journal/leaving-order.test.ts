import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DurableWorld } from './durable-world.ts';
import { openJournal } from './open-journal.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** The maximum number of unanswered commands of a client. */
const window = 255;
const hour = 3_600_000;

/** A world whose client has answered nothing yet: commands are queued, some of them with a waiting time. */
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

test('a command that needs no commit does not overtake one that waits for the store, because its client would refuse that one', async () => {
  expect(await outcomesOf(await crowded())).toEqual({ completed: window + 4 });
});

test('the next server sends commands stored as waiting before later commands stored as bound', async () => {
  const world = await crowded();
  await world.kill();
  world.connect();
  expect(await outcomesOf(world)).toEqual({ completed: window + 4 });
});

test('the same applies if the client has accepted some of them', async () => {
  const world = await crowded();
  world.clientReads(2, false);
  world.serverReads(2);
  await world.settle();
  await world.kill();
  world.connect();
  expect(await outcomesOf(world)).toEqual({ completed: window + 4 });
});

test('commands that a new session resends are sent before commands that wait for the store, if they are older', async () => {
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

test('a submission refused with others of its turn makes no room for those others', async () => {
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
