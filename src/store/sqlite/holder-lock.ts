import { realpathSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createFile } from './create-file.ts';
import { failureOf, isBusy, StoreFailure } from './failure.ts';

/**
 * The lock of whoever holds a store: an exclusive transaction, kept open, in an empty database beside it. The kernel
 * drops it with the process, however that ends. It is beside the store because a lock in it would keep readers out. The
 * file stays: if it were deleted, two could each lock a file of this name.
 */
export class HolderLock implements Disposable {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** @returns undefined while somebody else has it. @throws StoreFailure `bad_store`, `unavailable` */
  static take(storePath: string): HolderLock | undefined {
    // One store can have several names, but with hard links nobody could tell: each had a lock and a log of its own.
    if (statSync(storePath).nlink > 1) {
      throw new StoreFailure('bad_store', `${storePath} has several names (hard links); remove all but one`);
    }
    const path = `${realpathSync(storePath)}-lock`;
    createFile(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: 0 });
      // It is never written: no journal is left beside it.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return new HolderLock(database);
    } catch (error) {
      database?.close();
      if (isBusy(error)) return undefined;
      throw failureOf(error, path);
    }
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}
