import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createBootId } from '../../boot-id.ts';
import { wordsOf } from '../../process/system-error.ts';
import { sqliteCode } from '../../sqlite-code.ts';
import { createFile } from './create-file.ts';
import { readOnlyWords, StoreFailure } from './failure.ts';
import { takeHolderLock } from './holder-lock.ts';
import { applicationId, migrate, migrations, pragma, versionOf } from './migrations.ts';

export type Sync = 'normal' | 'full';

/** How long to wait for a lock of another program, in ms. The thread does nothing else meanwhile. */
const busyMs = 1_000;

/** SQLITE_READONLY_ROLLBACK: with read-only access, the interrupted transaction cannot be rolled back. */
const readOnlyRollback = 776;

/**
 * Opens a store, after checking it without changing it.
 * @throws StoreFailure `bad_store`, `unavailable`; errors of SQLite.
 */
export function openDatabase(path: string, use: 'read' | 'write', sync: Sync): DatabaseSync {
  if (use === 'write') checkWritable(path);
  const version = checkVersion(path);
  if (version < migrations.length) bringUpToDate(path, use, version);
  const database = new DatabaseSync(path, { readOnly: use === 'read', timeout: busyMs });
  try {
    database.exec(`PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY`);
    if (use === 'read') return database;
    // 16 MB of pages in memory. The write-ahead log is merged into the file at 16 MB, and truncated at 64 MB.
    // Redacted arguments are overwritten in pages that are written anyway.
    database.exec(`PRAGMA synchronous = ${sync}; PRAGMA cache_size = -16000; PRAGMA secure_delete = FAST`);
    const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
    if (mode !== 'wal') throw new StoreFailure('unavailable', `${path} is on a file system that SQLite cannot share`);
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Creates a file that only its owner can read, and a store in it, unless there is one.
 * @throws StoreFailure `unavailable` if that fails.
 */
export function createDatabase(path: string): void {
  createFile(path);
  checkWritable(path);
  const file = fileAt(path);
  if (!file) throw new StoreFailure('unavailable', `${path} is a link to a file that does not exist`);
  if (file.size > 0 && !isBlank(path)) return;
  using database = openBlank(path);
  database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  // Another process was faster.
  if (versionOf(database) === 0) {
    migrate(database);
    const insert = 'INSERT INTO store (one, id, next_number, next_version, last_batch) VALUES (1, ?, 1, 1, 0)';
    database.prepare(insert).run(createBootId());
  }
  database.exec('COMMIT');
}

const openBlank = (path: string): DatabaseSync => new DatabaseSync(path, { timeout: busyMs });

/** Reads without changing the file, except for rolling back a transaction whose process was killed. */
function look<Found>(path: string, read: (database: DatabaseSync) => Found): Found {
  using database = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
  try {
    return read(database);
  } catch (error) {
    if (sqliteCode(error) !== readOnlyRollback) throw error;
    using writable = openBlank(path);
    return read(writable);
  }
}

/** Whether it is unused: its first transaction was not committed. */
function isBlank(path: string): boolean {
  return look(path, (one) => pragma(one, 'application_id') === 0 && pragma(one, 'schema_version') === 0);
}

/** SQLite would wait for a pipe, or write to a device. */
function fileAt(path: string): Stats | undefined {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw new StoreFailure('unavailable', `${path} cannot be opened: ${wordsOf(cause)}`, { cause });
  }
  if (found?.isFile() === false) {
    throw new StoreFailure(
      'bad_store',
      `${path} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}; name a file`,
    );
  }
  return found;
}

/** Checks its folder as well: SQLite creates files next to it. */
function checkWritable(path: string): void {
  if (!fileAt(path)) return;
  try {
    for (const one of [path, dirname(path)]) accessSync(one, constants.W_OK);
  } catch (cause) {
    throw new StoreFailure('unavailable', readOnlyWords(path), { cause });
  }
}

/** @returns the version, which this program supports. */
function checkVersion(path: string): number {
  if (!fileAt(path)) throw new StoreFailure('unavailable', `${path} does not exist`);
  const { application, version } = look(path, (one) => ({
    application: pragma(one, 'application_id'),
    version: versionOf(one),
  }));
  if (application !== applicationId) {
    throw new StoreFailure('bad_store', `${path} is a database of another program; name another file`);
  }
  if (version > migrations.length) {
    const versions = `its version is ${version}, this signalbox supports up to ${migrations.length}`;
    throw new StoreFailure('bad_store', `${path} was written by a newer signalbox: ${versions}; use that version`);
  }
  return version;
}

/** Migrates the store. Requires that no server holds it, because a holder would find tables that it does not know. */
function bringUpToDate(path: string, use: 'read' | 'write', version: number): void {
  using lock = use === 'write' ? takeHolderLock(path) : undefined;
  if (!lock) {
    const versions = `its version is ${version}, this signalbox has ${migrations.length}`;
    throw new StoreFailure(
      'bad_store',
      `${path} was written by an older signalbox: ${versions}; end its server, start a new one`,
    );
  }
  using database = new DatabaseSync(path, { timeout: busyMs });
  database.exec('BEGIN IMMEDIATE');
  migrate(database);
  database.exec('COMMIT');
}
