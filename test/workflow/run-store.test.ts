import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/index.ts';
import { openPostgresStore } from '../../src/plugins/postgres/postgres-store.ts';
import { createMemoryCollection } from '../../src/store/memory/memory-collection.ts';
import type { Head } from '../../src/workflow/run-record.ts';
import { type Collections, RunStore } from '../../src/workflow/run-store.ts';
import { newFolder } from '../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
}, 60_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

interface Place extends AsyncDisposable {
  readonly collections: Collections;
}

function inMemory(): Promise<Place> {
  const made = new Map<string, unknown>();
  const collections: Collections = (name) => {
    if (!made.has(name)) made.set(name, createMemoryCollection());
    return made.get(name) as never;
  };
  return Promise.resolve({ collections, [Symbol.asyncDispose]: async () => {} });
}

async function inStore(opening: ReturnType<typeof openPostgresStore>): Promise<Place> {
  const store = await opening;
  return { collections: (name) => store.collection(name), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

const places: [string, () => Promise<Place>][] = [
  ['memory', inMemory],
  ['SQLite', () => inStore(openSqliteStore({ path: join(newFolder(), 'store.db') }))],
  ['PostgreSQL', () => inStore(openPostgresStore(cluster.place()))],
];

const head: Omit<Head, 'run'> = {
  ...{ workflow: 'flow', text: 'tasks: { a: ping }', file: 'flow.yaml', params: { n: 3, name: 'ä', on: true } },
  ...{ actor: 'ana', startedAtMs: 1_000 },
};
const attempt = { actor: 'ana', atMs: 1, sent: { id: 'x', number: 1, clients: ['w1'] } };

for (const [name, open] of places) {
  describe.skipIf(name === 'PostgreSQL' && noPostgres !== undefined)(`runs in ${name}`, () => {
    test('have increasing numbers, also if two servers assign them at the same moment', async () => {
      await using place = await open();
      const [one, other] = [new RunStore(place.collections, {}), new RunStore(place.collections, {})];
      const made = await Promise.all([0, 1, 2, 3].flatMap(() => [one.create(head), other.create(head)]));
      expect(made.map(({ value }) => value.run).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect((await one.list(3, undefined)).map(({ run }) => run)).toEqual([8, 7, 6]);
      expect((await one.list(3, 3)).map(({ run }) => run)).toEqual([2, 1]);
      expect((await one.head(4)).value).toEqual({ ...head, run: 4 });
      await expect(one.head(9)).rejects.toMatchObject({ code: 'no_such_job' });
    });

    test('are written by one server: a write that is based on an outdated read is refused', async () => {
      await using place = await open();
      const store = new RunStore(place.collections, {});
      const first = await store.create(head);
      const again = { b: { actor: 'ben', from: 2, asked: 3, round: 1 } };
      const written = await store.writeHead(first, { ...first.value, again });
      expect((await store.head(1)).value.again).toEqual(again);
      await expect(store.writeHead(first, first.value)).rejects.toMatchObject({ code: 'store_in_use' });
      const task = await store.writeTask(1, 'a', { value: { attempts: [] }, version: 0 }, { attempts: [attempt] });
      const late = store.writeTask(1, 'a', { value: { attempts: [] }, version: 0 }, { attempts: [] });
      await expect(late).rejects.toMatchObject({ code: 'store_in_use' });
      const approval = { answer: 'approved' as const, actor: 'eva', atMs: 2, round: 1 };
      await store.writeTask(1, 'a', task, { ...task.value, approval });
      expect([...(await store.tasksOf(1)).values()].map(({ value }) => value)).toEqual([
        { attempts: [attempt], approval },
      ]);
      expect((await store.unfinished()).map(({ value }) => value.run)).toEqual([1]);
      await store.writeHead(written, { ...written.value, end: { outcome: 'failed', atMs: 9 } });
      expect([await store.hasUnfinished(), await store.unfinished()]).toEqual([false, []]);
    });

    test('can have more tasks than a page, with names as long as a matrix makes them, and none of another run', async () => {
      await using place = await open();
      const store = new RunStore(place.collections, {});
      for (let run = 0; run < 11; run += 1) await store.create(head);
      const names = Array.from({ length: 1_050 }, (_, at) => `t[on=${'x'.repeat(at % 300)},at=${at}]`);
      const none = { value: { attempts: [] }, version: 0 };
      await Promise.all(names.map((task) => store.writeTask(1, task, none, { attempts: [attempt] })));
      await store.writeTask(11, 'other', none, { attempts: [] });
      expect((await store.tasksOf(1)).size).toBe(1_050);
      expect((await store.tasksOf(11)).size).toBe(1);
    });

    test('are found by their schedule and time, and all except the newest are deleted after their time', async () => {
      await using place = await open();
      const store = new RunStore(place.collections, { keepMs: 1_000 });
      const made = [];
      for (const plannedAtMs of [60_000, 120_000, 180_000])
        made.push(await store.create({ ...head, schedule: 'flow/1', plannedAtMs }));
      expect(await store.planned('flow/1', 120_000)).toBe(2);
      expect(await store.planned('flow/2', 120_000)).toBeUndefined();
      await store.writeTask(1, 'a', { value: { attempts: [] }, version: 0 }, { attempts: [attempt] });
      for (const one of made) await store.writeHead(one, { ...one.value, end: { outcome: 'completed', atMs: 5_000 } });
      await store.prune(5_999);
      expect(await store.list(9, undefined)).toHaveLength(3);
      await store.prune(6_001);
      expect((await store.list(9, undefined)).map(({ run }) => run)).toEqual([3]);
      expect((await store.tasksOf(1)).size).toBe(0);
      expect((await store.create(head)).value.run).toBe(4);
    });
  });
}
