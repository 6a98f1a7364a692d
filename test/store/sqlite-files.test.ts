import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { HeldStore } from '../../src/store/contract/held-store.ts';
import { holderOf, outputOf, sentTo, settled, submissionOf } from '../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

const newPath = () => join(newFolder(), 'store.db');
const openHeld = (path: string, epoch?: string) => HeldStore.open({ open: () => openSqliteStore({ path }) }, epoch);
const batchOf = (number: number) => ({ number, changes: [sentTo(['w1'], submissionOf(number))] });

test('only its owner can read a store and its companion files', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  const modes = readdirSync(dirname(path)).map((name) => [name, statSync(join(dirname(path), name)).mode & 0o777]);
  const names = ['', '-last', '-lock', '-shm', '-wal'].map((suffix) => `store.db${suffix}`);
  expect(modes.sort()).toEqual(names.map((name) => [name, 0o600]));
});

test('a store with two hard links is refused, because each name would have its own lock', async () => {
  const path = newPath();
  await (await openHeld(path))[Symbol.asyncDispose]();
  linkSync(path, `${path}2`);
  await expect(openHeld(`${path}2`, 'epochtwo0000')).rejects.toMatchObject({
    code: 'bad_store',
    message: expect.stringContaining('has several names (hard links)'),
  });
  rmSync(path);
  await (await openHeld(`${path}2`, 'epochtwo0000'))[Symbol.asyncDispose]();
});

test('a lock that cannot be opened is named', async () => {
  const path = newPath();
  mkdirSync(`${path}-lock`);
  await expect(openHeld(path)).rejects.toMatchObject({ message: expect.stringContaining(`${path}-lock cannot be`) });
});

test('a store of a newer version is refused and stays unchanged', async () => {
  const path = newPath();
  await (await openHeld(path))[Symbol.asyncDispose]();
  {
    using database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
  }
  const before = readFileSync(path);
  const refused = {
    code: 'bad_store',
    message: expect.stringContaining('written by a newer signalbox: its version is 99'),
  };
  await expect(openSqliteStore({ path })).rejects.toMatchObject(refused);
  await expect(openSqliteStore({ path, readOnly: true })).rejects.toMatchObject(refused);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a file that is not a store is refused and stays unchanged', async () => {
  const path = newPath();
  writeFileSync(path, 'dear diary, '.repeat(1_000));
  await expect(openSqliteStore({ path })).rejects.toMatchObject({
    code: 'bad_store',
    message: `${path} is not a store; name another file`,
  });
  expect(readFileSync(path, 'utf8')).toBe('dear diary, '.repeat(1_000));
});

test.each([
  ['a folder', 'bad_store', 'is a folder; name a file', (path: string) => mkdirSync(path)],
  ['a pipe', 'bad_store', 'is not a regular file; name a file', (path: string) => execFileSync('mkfifo', [path])],
  ['a device', 'bad_store', 'is not a regular file; name a file', (path: string) => symlinkSync('/dev/null', path)],
  [
    'a link to nothing',
    'unavailable',
    'link to a file that does not exist',
    (path: string) => symlinkSync('gone', path),
  ],
  ['a link to itself', 'unavailable', 'cannot be opened: ELOOP', (path: string) => symlinkSync(path, path)],
])('%s is no store', async (_, code, why, make) => {
  const path = newPath();
  make(path);
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
});

test('a link in place of the last commit is not followed', async () => {
  const path = newPath();
  const diary = `${path}-diary`;
  writeFileSync(diary, 'dear diary');
  symlinkSync(diary, `${path}-last`);
  await expect(openHeld(path)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('-last'),
  });
  expect(readFileSync(diary, 'utf8')).toBe('dear diary');
});

test('a database of another program is refused and stays unchanged', async () => {
  const path = newPath();
  {
    using database = new DatabaseSync(path);
    database.exec('CREATE TABLE songs (title TEXT)');
  }
  const before = readFileSync(path);
  await expect(openSqliteStore({ path })).rejects.toMatchObject({
    code: 'bad_store',
    message: `${path} is a database of another program; name another file`,
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('an empty file becomes a store, because its first server may have been killed', async () => {
  const path = newPath();
  writeFileSync(path, '');
  await using held = await openHeld(path);
  expect(held.taken.nextNumber).toBe(1);
});

test('a store in a missing folder cannot be created, and the error has the reason', async () => {
  const path = join(newFolder(), 'missing', 'store.db');
  await expect(openSqliteStore({ path })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/cannot be created: its folder does not exist/),
  });
});

test('a reader creates no store, and is refused when it writes', async () => {
  const path = newPath();
  await expect(openSqliteStore({ path, readOnly: true })).rejects.toMatchObject({
    code: 'unavailable',
    message: `${path} does not exist`,
  });
  await (await openHeld(path))[Symbol.asyncDispose]();
  await using store = await openSqliteStore({ path, readOnly: true });
  expect((await store.info()).epochs).toBe(1);
  await expect(store.take(holderOf('epochtwo0000'))).rejects.toMatchObject({ code: 'bad_usage' });
  await expect(store.collection('c').putIfAbsent('a', 1)).rejects.toMatchObject({ code: 'bad_usage' });
});

test('damaged pages are reported, and intact ones can still be read', async () => {
  const path = newPath();
  {
    await using held = await openHeld(path);
    for (let number = 1; number <= 40; number += 1) {
      const job = { id: submissionOf(number).id, client: 'w1' };
      const settlement = { outcome: 'completed', result: 'x'.repeat(3_000) } as const;
      await held.commit(sentTo(['w1'], submissionOf(number)), settled(job, { settlement, output: outputOf('o') }));
    }
  }
  using database = new DatabaseSync(path, { readOnly: true });
  const pages = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name IN ('jobs', 'jobs_by_client')").all();
  database.close();
  const fd = openSync(path, 'r+');
  for (const { rootpage } of pages) writeSync(fd, Buffer.alloc(4_096, 0xa5), 0, 4_096, (Number(rootpage) - 1) * 4_096);
  closeSync(fd);

  await using store = await openSqliteStore({ path });
  const damaged = { code: 'bad_store', message: expect.stringMatching(/is damaged: .*; restore a backup$/) };
  await expect(store.list({}, 100)).rejects.toMatchObject(damaged);
  await expect(
    store.take(holderOf('epochtwo0000')).then(() => store.commit({ ...batchOf(41), number: 1 })),
  ).rejects.toMatchObject(damaged);
  expect([...(await store.knownEpochs(['epochone0000']))]).toEqual(['epochone0000']);
});

test('a store that is deleted while it is open accepts no more commits, until it is restored', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  renameSync(path, `${path}.away`);
  const gone = {
    code: 'unavailable',
    message: expect.stringMatching(/was deleted, emptied or replaced while it was open; restore it/),
  };
  await expect(held.store.commit(batchOf(2))).rejects.toMatchObject(gone);
  writeFileSync(path, 'another one');
  await expect(held.store.commit(batchOf(2))).rejects.toMatchObject(gone);
  renameSync(`${path}.away`, path);
  await held.store.commit(batchOf(2));
  expect(await held.names()).toEqual(['2/w1', '1/w1']);
});

test('a store whose write-ahead log is deleted while it is open accepts no more commits', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  rmSync(`${path}-wal`);
  await expect(held.store.commit(batchOf(2))).rejects.toMatchObject({ code: 'unavailable' });
});

test('a store that is truncated while it is open accepts no more commits', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  truncateSync(path);
  await expect(held.store.commit(batchOf(2))).rejects.toMatchObject({ code: 'unavailable' });
});

test('a store locked by another program is unavailable, and works again when that program has ended', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const locked = { code: 'unavailable', message: `${path} is locked by another program; end that program or wait` };
  const [first, second] = await Promise.allSettled([held.store.commit(batchOf(1)), held.store.commit(batchOf(2))]);
  expect(first).toMatchObject({ status: 'rejected', reason: locked });
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  other.exec('ROLLBACK');
  await held.store.commit(batchOf(1));
  await held.store.commit(batchOf(2));
  expect(await held.names()).toEqual(['2/w1', '1/w1']);
});

test('a damaged value is reported like a damaged page', async () => {
  const path = newPath();
  await using held = await openHeld(path);
  await held.commit(sentTo(['w1'], submissionOf(1)));
  {
    using database = new DatabaseSync(path);
    database.exec("UPDATE submissions SET args = x'85a1'");
  }
  await expect(held.store.list({}, 10)).rejects.toMatchObject({ code: 'bad_store' });
});
