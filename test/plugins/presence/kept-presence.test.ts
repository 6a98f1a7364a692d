import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Collection, openSqliteStore } from '../../../src/index.ts';
import { noEvents } from '../../../src/plugins/presence/gateway/gateway-events.ts';
import { Recorder } from '../../../src/plugins/presence/gateway/recorder.ts';
import { KeptPresence } from '../../../src/plugins/presence/store/kept-presence.ts';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { createMemoryCollection } from '../../../src/store/memory/memory-collection.ts';
import { newFolder } from '../../support/new-folder.ts';
import { NotedSpan } from './noted-span.ts';
import { MovedClock, storeCases } from './store-cases.ts';

type Kept = Parameters<typeof KeptPresence.open>[0] extends Collection<infer Value> ? Value : never;

test.each(storeCases)('kept by a server, presence $title', async ({ run }) => {
  const clock = new MovedClock();
  const collection = createMemoryCollection<Kept>();
  await run(() => KeptPresence.open(collection, { now: clock.now }), clock);
});

test('a batch whose users are no longer counted is no longer linked', async () => {
  let nowMs = 0;
  const presence = await KeptPresence.open(createMemoryCollection<Kept>(), { now: () => nowMs });
  const batch = new NotedSpan(1);
  await presence.put([{ userId: 'ann', atMs: 0 }], batch);
  const linksAt = async (atMs: number) => {
    nowMs = atMs;
    const asked = new NotedSpan(2);
    await presence.count(asked);
    return asked.links;
  };
  expect(await linksAt(179_999)).toEqual([batch.traceparent]);
  expect(await linksAt(180_000)).toEqual([]);
  expect(batch.within).toEqual(['store users']);
});

test('the next process knows which users were seen, and when', async () => {
  const path = join(newFolder(), 'jobs.db');
  let wallMs = 1_000_000;
  const wall = { wallMs: () => wallMs };
  {
    await using store = await openSqliteStore({ path });
    await using presence = await KeptPresence.open(store.collection('presence'), { now: () => 50_000, ...wall });
    await presence.put([
      { userId: 'ann', atMs: 50_000 },
      { userId: 'bob', atMs: -50_000 },
    ]);
  }
  wallMs += 79_000;
  {
    await using store = await openSqliteStore({ path });
    let nowMs = 7;
    await using presence = await KeptPresence.open(store.collection('presence'), { now: () => nowMs, ...wall });
    expect(await presence.count()).toBe(2);
    nowMs += 1_000;
    expect(await presence.count()).toBe(1);
    nowMs += 100_000;
    expect(await presence.count()).toBe(0);
  }
});

test('a clock that was set back between two processes moves no user into the future', async () => {
  const collection = createMemoryCollection<Kept>();
  const first = await KeptPresence.open(collection, { now: () => 0, wallMs: () => 5_000_000 });
  await first.put([{ userId: 'ann', atMs: 0 }]);
  let nowMs = 0;
  const second = await KeptPresence.open(collection, { now: () => nowMs, wallMs: () => 1_000_000 });
  nowMs = 180_000;
  expect(await second.count()).toBe(0);
});

test('sightings that could not be stored are stored with the next batch, and counted meanwhile', async () => {
  const collection = createMemoryCollection<Kept>();
  let isAway = true;
  const away: Collection<Kept> = {
    ...collection,
    putIfAbsent: (...given) => (isAway ? Promise.reject(new Error('away')) : collection.putIfAbsent(...given)),
  };
  const presence = await KeptPresence.open(away);
  await expect(presence.put([{ userId: 'ann', atMs: performance.now() }])).rejects.toThrow('away');
  expect(await presence.count()).toBe(1);
  isAway = false;
  await presence.put([]);
  expect(await (await KeptPresence.open(collection)).count()).toBe(1);
});

test.each([
  ['in memory', async (now: () => number) => new MemoryPresence(now, 2)],
  ['kept by a server', (now: () => number) => KeptPresence.open(createMemoryCollection<Kept>(), { now, maxUsers: 2 })],
])('%s, users beyond the bound wait until others have left the window, and block no other user', async (_, open) => {
  let nowMs = 0;
  const now = () => nowMs;
  await using presence = await open(now);
  await using recorder = new Recorder(presence, { now, events: noEvents, maxRows: 10, everyMs: 3_600_000 });
  for (const userId of ['ann', 'bob', 'cat']) recorder.see(userId);
  await recorder.flush();
  expect([await presence.count(), recorder.waiting]).toEqual([2, 3]);
  nowMs = 100_000;
  recorder.see('ann');
  recorder.see('cat');
  await recorder.flush();
  nowMs = 190_000;
  expect(await presence.count()).toBe(1);
  await recorder.flush();
  expect([await presence.count(), recorder.waiting]).toEqual([2, 0]);
});

test('of two processes on one store neither forgets the sightings of the other', async () => {
  const collection = createMemoryCollection<Kept>();
  const [one, other] = [await KeptPresence.open(collection), await KeptPresence.open(collection)];
  const seen = (userId: string) => [{ userId, atMs: performance.now() }];
  await one.put(seen('ann'));
  await other.put(seen('ann'));
  await other.put([]);
  await one.put(seen('ann'));
  await one.put([]);
  expect(await (await KeptPresence.open(collection)).count()).toBe(1);
});
