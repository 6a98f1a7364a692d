import { copyFileSync, cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { unknownBoot } from '../../src/jobs/unknown-boot.ts';
import { copyStore } from '../../src/program/store/copy-store.ts';
import { HeldStore } from '../../src/store/contract/held-store.ts';
import { sentTo, submissionOf, waitingFor } from '../../src/store/contract/samples.ts';
import { LastCommit } from '../../src/store/sqlite/last-commit.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';
import { startHolder } from './start-holder.ts';

const newPath = () => join(newFolder(), 'store.db');
const openHeld = (path: string, epoch: string) => HeldStore.open({ open: () => openSqliteStore({ path }) }, epoch);
const take = async (path: string, epoch: string) => {
  await using held = await openHeld(path, epoch);
  return held.taken.unsettled.map(({ bootId }) => bootId);
};

/** A store with a waiting job, and a copy of it; then the job is sent. */
async function sentAfterCopy(path: string): Promise<void> {
  await using held = await openHeld(path, 'epochone0000');
  await held.commit(waitingFor(['w1'], submissionOf(1)));
  using database = new DatabaseSync(path, { readOnly: true });
  database.exec(`VACUUM INTO '${path}-copy'`);
  cpSync(`${path}-last`, `${path}-copy-last`, { preserveTimestamps: true });
  const job = { id: submissionOf(1).id, client: 'w1' };
  await held.commit({ type: 'bound', job, bootId: 'boot-of-w1' });
}

const putBack = (path: string) => {
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
  copyFileSync(`${path}-copy`, path);
};

test('a waiting job in a restored older copy may have been sent since, so it is bound to an unknown process', async () => {
  const path = newPath();
  await sentAfterCopy(path);
  putBack(path);
  expect(await take(path, 'epochtwo0000')).toEqual([unknownBoot]);
  // It stays so, however the server that has found it ends.
  expect(await take(path, 'epochthree00')).toEqual([unknownBoot]);
});

test('this also applies if the note of the last commit was copied, too, by any method, or is missing', async () => {
  const ways: [string, (note: string, copy: string) => void][] = [
    ['with its times', (note, copy) => cpSync(copy, note, { preserveTimestamps: true })],
    [
      'with new times',
      (note, copy) => {
        const { atMs, ...facts } = JSON.parse(readFileSync(copy, 'utf8'));
        writeFileSync(note, JSON.stringify({ ...facts, atMs: atMs - 10_000 }));
      },
    ],
    ['not', (note) => rmSync(note)],
    ['damaged', (note) => writeFileSync(note, '{"epoch":"epo')],
  ];
  const found: [string, unknown][] = [];
  for (const [way, restore] of ways) {
    const path = newPath();
    await sentAfterCopy(path);
    putBack(path);
    restore(`${path}-last`, `${path}-copy-last`);
    found.push([way, await take(path, 'epochtwo0000')]);
  }
  expect(found).toEqual(ways.map(([way]) => [way, [unknownBoot]]));
});

test('a store that was never restored keeps waiting jobs, even if its server was killed during commits', async () => {
  const path = newPath();
  {
    await using held = await openHeld(path, 'epochzero000');
    await held.commit(waitingFor(['w1'], submissionOf(1)));
  }
  for (const epoch of ['epochone0000', 'epochtwo0000']) {
    const holder = await startHolder(path, epoch);
    holder.type('flood');
    for (let at = 0; at < 20; at += 1) await holder.line();
    await holder.kill();
  }
  expect((await take(path, 'epochthree00'))[0]).toBeUndefined();
});

test('the note of the last commit may lag by the unconfirmed commit, and by more after a power cut with full', () => {
  const path = newPath();
  writeFileSync(path, '');
  const note = `${path}-last`;
  using last = LastCommit.open(path);
  const row = { next_number: 1, endpoint: null, host: null, pid: null, closed: null };
  const proves = (epoch: string | null, batch: number, sync: 'normal' | 'full' = 'normal') =>
    last.proves({ ...row, epoch, last_batch: batch }, sync);
  expect(proves(null, 0)).toBe(true);
  last.committed('a', 7);
  expect([6, 7, 8, 9].map((batch) => proves('a', batch))).toEqual([false, true, true, false]);
  expect([proves('b', 7), proves(null, 0)]).toEqual([false, false]);
  last.taking({ ...row, epoch: 'a', last_batch: 7 }, 'b', true);
  expect([proves('a', 7), proves('b', 0), proves('b', 1)]).toEqual([true, true, false]);
  last.taking({ ...row, epoch: 'a', last_batch: 7 }, 'b', false);
  expect([proves('a', 7), proves('b', 0)]).toEqual([false, true]);

  last.committed('a', 7);
  const { kernel: _, ...facts } = JSON.parse(readFileSync(note, 'utf8'));
  const rewrite = (changed: object) => writeFileSync(note, JSON.stringify({ ...facts, kernel: 'another', ...changed }));
  rewrite({});
  expect([proves('a', 7), proves('a', 6, 'full'), proves('a', 9, 'full')]).toEqual([false, false, true]);
  rewrite({ isLast: true });
  expect([6, 7].map((batch) => proves('a', batch))).toEqual([false, true]);
  utimesSync(note, new Date(), new Date(Date.now() - 1));
  expect(proves('a', 7)).toBe(false);
});

test('a store that takes over another one is not a restored copy', async () => {
  const [from, to] = [newPath(), newPath()];
  {
    await using held = await openHeld(from, 'epochone0000');
    await held.commit(waitingFor(['w1'], submissionOf(1)), sentTo(['w2'], submissionOf(2)));
  }
  await using source = await openSqliteStore({ path: from });
  // Of an earlier store.
  writeFileSync(`${to}-last`, 'old');
  await using target = await openSqliteStore({ path: to });
  await target.transfer?.import(source.transfer?.export() ?? (async function* () {})());
  await target[Symbol.asyncDispose]();
  expect(await take(to, 'epochtwo0000')).toEqual([undefined, 'boot-of-w2']);
  expect(statSync(`${to}-last`).mode & 0o777).toBe(0o600);
});

test('waiting jobs copied to another store from a restored older copy stay bound to an unknown process', async () => {
  const [from, to] = [newPath(), newPath()];
  await sentAfterCopy(from);
  putBack(from);
  await using source = await openSqliteStore({ path: from });
  {
    await using target = await openSqliteStore({ path: to });
    await copyStore(source, target);
  }
  expect(await take(to, 'epochtwo0000')).toEqual([unknownBoot]);
});
