import type { DatabaseSync } from 'node:sqlite';
import type { FileLock } from '../../file-lock.ts';
import type { Sync } from './database.ts';
import { failureOf } from './failure.ts';
import { takeHolderLock } from './holder-lock.ts';
import { Importer } from './importing.ts';
import { bindWaiting, LastCommit } from './last-commit.ts';
import type { ImportRow } from './rows.ts';
import { inUse, prepareStoreRow, readStoreRow } from './store-row.ts';

/** Operations on a store without a holder. An import is one transaction, open from its first part to its last. */
export class Upkeep implements Disposable {
  private readonly database: DatabaseSync;
  private readonly path: string;
  private readonly sync: Sync;
  private importing: { readonly importer: Importer; readonly lock: FileLock } | undefined;

  constructor(database: DatabaseSync, path: string, sync: Sync) {
    this.database = database;
    this.path = path;
    this.sync = sync;
  }

  beginImport(): void {
    const lock = this.lock();
    this.importing = { importer: new Importer(this.database), lock };
    this.database.exec('BEGIN IMMEDIATE');
    this.importing.importer.checkEmpty(this.path);
  }

  addImport(rows: readonly ImportRow[]): void {
    this.importing?.importer.add(rows);
  }

  commitImport(): void {
    try {
      this.database.exec('COMMIT');
    } catch (error) {
      throw failureOf(error, this.path, 'commit');
    }
    // The note belongs to the previous store.
    LastCommit.forget(this.path);
  }

  /**
   * Marks the store as closed, with a reason, or as open. A store is closed to be copied, and the copy then counts as current.
   * If this store is an older copy itself, its waiting jobs are therefore bound first.
   */
  setClosed(reason: string | undefined): void {
    using _ = this.lock();
    using last = LastCommit.open(this.path);
    this.database.exec('BEGIN IMMEDIATE');
    if (!last.proves(readStoreRow(prepareStoreRow(this.database)), this.sync)) bindWaiting(this.database);
    this.database.prepare('UPDATE store SET closed = ?').run(reason ?? null);
    this.database.exec('COMMIT');
  }

  vacuum(): void {
    using _ = this.lock();
    // A vacuum rewrites the whole store, so do not use memory for that.
    this.database.exec('PRAGMA temp_store = FILE; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA temp_store = MEMORY');
  }

  [Symbol.dispose](): void {
    this.importing?.lock[Symbol.dispose]();
  }

  private lock(): FileLock {
    const lock = takeHolderLock(this.path);
    if (!lock) throw inUse(this.path, readStoreRow(prepareStoreRow(this.database)));
    return lock;
  }
}
