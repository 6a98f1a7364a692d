import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

/** Dies in the first transaction, when a part of it is already in the file. */
const dying = `
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(process.argv[1]);
database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE; CREATE TABLE t (x)');
for (let at = 0; at < 100; at += 1) database.exec('INSERT INTO t VALUES (zeroblob(9000))');
process.kill(process.pid, 'SIGKILL');
`;

test('a store whose creator was killed during creation can be opened', async () => {
  const path = join(newFolder(), 'store.db');
  expect(() => execFileSync(process.execPath, ['-e', dying, path])).toThrow();
  expect(existsSync(`${path}-journal`)).toBe(true);
  await using store = await openSqliteStore({ path });
  expect(await store.info()).toMatchObject({ jobs: 0, epochs: 0 });
});
