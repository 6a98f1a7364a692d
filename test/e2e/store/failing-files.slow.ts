import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { HeldStore } from '../../../src/store/contract/held-store.ts';
import { sentTo, settled, submissionOf } from '../../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram, main, Program } from '../../support/program.ts';
import { canMount, fillDisk, onSmallDisk } from '../../support/small-disk.ts';

const serverOn = (path: string, ...flags: string[]) => [
  ...['server', '--spawn', '1', '--keep-going', '--output', 'json', '--store', `sqlite:${path}`],
  ...flags,
];

/** A store that contains a job that has ended. */
async function newStore(): Promise<string> {
  const path = join(newFolder(), 'jobs.db');
  await using held = await HeldStore.open({ open: () => openSqliteStore({ path }) });
  const submission = submissionOf(1);
  await held.commit(sentTo(['w1'], submission), settled({ id: submission.id, client: 'w1' }));
  return path;
}

/** The output of a server that ends at its start. */
async function refusalOf(program: ChildProgram) {
  await using server = program;
  server.end();
  const exitCode = await server.exitCode();
  return { exitCode, said: server.err };
}

test.runIf(canMount())(
  'on a full disk jobs continue and commands are refused with an explanation; with free space again every job is reported once',
  async () => {
    const folder = newFolder();
    const path = join(folder, 'jobs.db');
    await using server = new ChildProgram(...onSmallDisk(folder, [process.execPath, main, ...serverOn(path)]));
    server.type('start', 'calculate 1 held');
    await server.line(/"type":"accepted".*"calculate"/);
    const filler = join(`/proc/${server.child.pid}/root`, folder, 'filler');
    fillDisk(filler);
    const full = `the store cannot be written to: no space left for ${path}; free some, or lower --keep and --keep-bytes`;
    for (let from = 0; !server.json.some(({ message }) => message === full); from = server.out.length) {
      server.type('ping');
      await server.more(from, /"type":"(error|result)"/);
    }
    server.type('ping');
    await server.line(/"code":"unavailable"/);
    rmSync(filler);
    await server.line(/"type":"result".*"calculate"/);
    for (let from = server.out.length; ; from = server.out.length) {
      server.type('@w1 calculate 0 again');
      if (/"result"/.test(await server.more(from, /"type":"(error|result)"/))) break;
    }
    server.end();
    await server.exitCode();
    const told = server.json.filter(({ type }) => type === 'result').map(({ id }) => id);
    expect(new Set(told).size).toBe(told.length);
    expect(server.about('result', 'calculate')).toHaveLength(2);
  },
);

test.runIf(canMount())('on a read-only file system a server ends with 8 and gives advice', async () => {
  const folder = newFolder();
  const path = join(folder, 'jobs.db');
  const make = `"$2" "$3" server --spawn 1 --store "sqlite:${path}" -c start >/dev/null 2>&1 && mount -o remount,ro "$1"`;
  const server = new ChildProgram(...onSmallDisk(folder, [process.execPath, main, ...serverOn(path)], make));
  expect(await refusalOf(server)).toEqual({
    exitCode: 8,
    said: [`signalbox: ${path} is read-only; make the file and its folder writable for this user`],
  });
});

test('a store of a newer version ends a server with 8, and is not changed', async () => {
  const path = await newStore();
  {
    using database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
  }
  const before = readFileSync(path);
  expect(await refusalOf(new Program(...serverOn(path)))).toEqual({
    exitCode: 8,
    said: [expect.stringContaining('written by a newer signalbox: its version is 99')],
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each(['store', 'jobs'])(
  'a store whose table %s is damaged ends a server with 8 and says what to do',
  async (table) => {
    const path = await newStore();
    damage(path, table);
    expect(await refusalOf(new Program(...serverOn(path)))).toEqual({
      exitCode: 8,
      said: [`signalbox: ${path} is damaged: database disk image is malformed; restore a backup`],
    });
  },
);

test('a server whose table of submissions is damaged says so for each command, and runs none', async () => {
  const path = await newStore();
  damage(path, 'submissions');
  await using server = new Program(...serverOn(path));
  server.type('start', 'ping').end();
  expect(await server.exitCode()).toBe(8);
  const message = `the store cannot be written to: ${path} is damaged: database disk image is malformed; restore a backup`;
  const errors = server.json.filter(({ type, line }) => type === 'error' && line !== undefined);
  expect(errors).toMatchObject([1, 2].map((line) => ({ code: 'unavailable', message, line })));
  expect(server.json.filter(({ type }) => type === 'result')).toEqual([]);
});

function damage(path: string, table: string): void {
  using database = new DatabaseSync(path);
  const { rootpage } = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table) ?? {};
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.alloc(4_096, 0xa5), 0, 4_096, (Number(rootpage) - 1) * 4_096);
  closeSync(fd);
}
