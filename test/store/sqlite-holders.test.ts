import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeldStore, nameOf } from '../../src/store/contract/held-store.ts';
import { holderOf, sentTo, submissionOf } from '../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';
import { startHolder } from './start-holder.ts';

const newPath = () => join(newFolder(), 'store.db');

test('an error names the process that holds the store; when that process is killed, the store can be taken', async () => {
  const path = newPath();
  const holder = await startHolder(path, 'epochone0000');
  await using store = await openSqliteStore({ path });
  await expect(store.take(holderOf('epochtwo0000'))).rejects.toMatchObject({
    code: 'store_in_use',
    message: `${path} is held by the server at tcp://127.0.0.1:5555 (process ${holder.pid} on h1); end that server first`,
  });
  holder.type('commit');
  expect(await holder.line()).toBe('1');
  await holder.kill();
  expect((await store.take(holderOf('epochtwo0000'))).unsettled.map(nameOf)).toEqual(['1/w1', '1/w2', '2/w1', '2/w2']);
});

test.each([1, 2, 3])(
  'a holder that is killed during commits loses no confirmed one and leaves no partial one: %i',
  async (round) => {
    const path = newPath();
    const holder = await startHolder(path, 'epochone0000');
    holder.type('flood');
    for (let at = 0; at < 40 * round; at += 1) await holder.line();
    const confirmed = Number((await holder.kill()).filter((line) => /^\d+$/.test(line)).at(-1) ?? 40 * round);

    await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) }, 'epochtwo0000');
    const { unsettled, nextNumber } = held.taken;
    const batches = unsettled.length / 4;
    expect(batches).toBeGreaterThanOrEqual(confirmed);
    expect(Number.isInteger(batches)).toBe(true);
    const numbers = Array.from({ length: 2 * batches }, (_, at) => at + 1);
    expect(unsettled.map(nameOf)).toEqual(numbers.flatMap((number) => [`${number}/w1`, `${number}/w2`]));
    expect(nextNumber).toBe(2 * batches + 1);
  },
);

test('a frozen holder that was replaced learns by whom, and has changed nothing', async () => {
  const path = newPath();
  const frozen = await startHolder(path, 'epochone0000');
  frozen.type('commit');
  expect(await frozen.line()).toBe('1');
  frozen.signal('SIGSTOP');
  frozen.type('commit');
  // The kernel keeps the lock of a frozen process, so it has been removed by hand.
  rmSync(`${path}-lock`);
  await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) }, 'epochtwo0000');
  await held.commit(sentTo(['w1'], submissionOf(3, { id: 'epochtwo0000.1' })));
  frozen.signal('SIGCONT');
  expect(await frozen.line()).toBe(
    `store_in_use ${path} was taken by the server at tcp://127.0.0.1:5555 (process 4711 on h1); this server ends`,
  );
  expect(await held.names()).toEqual(['3/w1', '2/w2', '2/w1', '1/w2', '1/w1']);
  await held.commit(sentTo(['w1'], submissionOf(4, { id: 'epochtwo0000.2' })));
});

test('a holder that commits nothing finds that it was replaced when it deletes old jobs', async () => {
  const path = newPath();
  await using first = await openSqliteStore({ path });
  const { replaced } = await first.take(holderOf('epochone0000'));
  rmSync(`${path}-lock`);
  await using _second = await HeldStore.open({ open: () => openSqliteStore({ path }) }, 'epochtwo0000');
  const pruning = first.prune({ settledBeforeMs: 0, maxBytes: Number.MAX_SAFE_INTEGER });
  await expect(pruning).rejects.toMatchObject({ code: 'store_in_use' });
  expect(await replaced).toMatchObject({ code: 'store_in_use' });
});

test('a holder whose store was copied while it was frozen changes nothing more', async () => {
  const path = newPath();
  const frozen = await startHolder(path, 'epochone0000');
  frozen.signal('SIGSTOP');
  frozen.type('commit');
  rmSync(`${path}-lock`);
  {
    await using store = await openSqliteStore({ path });
    await store.transfer?.setClosed('it was copied to sqlite:/other.db');
  }
  frozen.signal('SIGCONT');
  expect(await frozen.line()).toBe(`store_in_use ${path} is closed: it was copied to sqlite:/other.db`);
});

test('one store with two names has one holder', async () => {
  const folder = newFolder();
  const [path, alias] = [join(folder, 'store.db'), join(folder, 'alias.db')];
  await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) });
  symlinkSync(path, alias);
  await using store = await openSqliteStore({ path: alias });
  expect(store.id).toBe(held.store.id);
  await expect(store.take(holderOf('epochtwo0000'))).rejects.toMatchObject({ code: 'store_in_use' });
});
