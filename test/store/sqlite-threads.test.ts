import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { HeldStore, nameOf } from '../../src/store/contract/held-store.ts';
import { holderOf, outputOf, sentTo, settled, submissionOf } from '../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

/** The threads that are started from now on. */
function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (message: unknown) => threads.push((message as { worker: Worker }).worker);
  subscribe('worker_threads', note);
  onTestFinished(() => void unsubscribe('worker_threads', note));
  return threads;
}

const newPlace = () => {
  const path = join(newFolder(), 'store.db');
  return { path, open: () => openSqliteStore({ path }) };
};
const batchOf = (number: number) => ({ number, changes: [sentTo(['w1'], submissionOf(number))] });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    ({ code }) => code,
  );

test('batches whose thread ends are unknown; the same batches are then committed once by another thread', async () => {
  const threads = startedThreads();
  const place = newPlace();
  await using held = await HeldStore.open(place);
  await held.store.commit(batchOf(1));
  using other = new DatabaseSync(place.path);
  other.exec('BEGIN IMMEDIATE');
  const underWay = [2, 3, 4].map((number) => failureOf(held.store.commit(batchOf(number))));
  await threads[0]?.terminate();
  other.exec('ROLLBACK');
  expect(await Promise.all(underWay)).toEqual(['unknown', 'unknown', 'unknown']);
  for (const number of [2, 3, 4]) await held.store.commit(batchOf(number));
  expect(await held.names()).toEqual(['4/w1', '3/w1', '2/w1', '1/w1']);
});

test('a read whose thread ends is unavailable, and can be repeated', async () => {
  const threads = startedThreads();
  await using held = await HeldStore.open(newPlace());
  await held.store.commit(batchOf(1));
  await held.names();
  const ended = threads[1]?.terminate();
  const reading = failureOf(held.store.list({}, 10));
  await ended;
  expect(await reading).toBe('unavailable');
  expect(await held.names()).toEqual(['1/w1']);
});

test('a store that was taken by another process while its thread was gone is in use', async () => {
  const threads = startedThreads();
  const place = newPlace();
  await using held = await HeldStore.open(place);
  await held.store.commit(batchOf(1));
  await threads[0]?.terminate();
  await using other = await HeldStore.open(place, 'epochtwo0000');
  expect(await failureOf(held.store.commit(batchOf(2)))).toBe('store_in_use');
  await other[Symbol.asyncDispose]();
  expect(await failureOf(held.store.commit(batchOf(2)))).toBe('store_in_use');
  await using last = await place.open();
  expect((await last.take(holderOf('epochthree00'))).unsettled.map(nameOf)).toEqual(['1/w1']);
});

test('a store whose threads have ended can be closed', async () => {
  const threads = startedThreads();
  const held = await HeldStore.open(newPlace());
  await held.names();
  for (const thread of threads) await thread.terminate();
  await held[Symbol.asyncDispose]();
  expect(await failureOf(held.store.info())).toBe('closed');
});

test('a store that is closed during batches completes them first', async () => {
  const place = newPlace();
  const held = await HeldStore.open(place);
  const underWay = [1, 2, 3].map((number) => held.store.commit(batchOf(number)));
  await held[Symbol.asyncDispose]();
  await Promise.all(underWay);
  await using again = await HeldStore.open(place, 'epochtwo0000');
  expect(await again.names()).toEqual(['3/w1', '2/w1', '1/w1']);
});

test('a batch that is passed in parts is committed as a whole, or not at all', async () => {
  await using held = await HeldStore.open(newPlace());
  const numbers = Array.from({ length: 12 }, (_, at) => at + 1);
  const output = outputOf('x'.repeat(1_048_576));
  const changes = numbers.flatMap((number) => [
    sentTo(['w1'], submissionOf(number)),
    settled({ id: submissionOf(number).id, client: 'w1' }, { output }),
  ]);
  expect(await failureOf(held.store.commit({ number: 2, changes }))).toBe('unavailable');
  expect(await held.names()).toEqual([]);
  const twice = [1, 1].map((number) => held.store.commit({ number, changes }));
  await Promise.all([...twice, held.store.commit({ number: 2, changes: [sentTo(['w1'], submissionOf(13))] })]);
  expect(await held.names()).toEqual([13, ...numbers.reverse()].map((number) => `${number}/w1`));
});

test('a page of large jobs is shorter than requested, and the next pages have the rest', async () => {
  await using held = await HeldStore.open(newPlace());
  for (let number = 1; number <= 40; number += 1) {
    const settlement = { outcome: 'completed', result: 'x'.repeat(262_000) } as const;
    const job = { id: submissionOf(number).id, client: 'w1' };
    await held.commit(sentTo(['w1'], submissionOf(number)), settled(job, { settlement }));
  }
  const first = await held.store.list({}, 40);
  expect(first.jobs.length).toBeGreaterThan(10);
  expect(first.jobs.length).toBeLessThan(20);
  expect((await held.names()).length).toBe(40);
});

test('a reader of a part of a list does not block truncation of the write-ahead log', async () => {
  const place = newPlace();
  await using held = await HeldStore.open(place);
  for (let number = 1; number <= 10; number += 1) await held.store.commit(batchOf(number));
  const { jobs } = await held.store.list({}, 2);
  expect(jobs.length).toBe(2);
  using other = new DatabaseSync(place.path);
  expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 });
  await held.store.commit(batchOf(11));
  expect((await held.names()).length).toBe(11);
});
