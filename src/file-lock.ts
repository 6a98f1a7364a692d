import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { systemCode } from './process/system-error.ts';
import { isBusy } from './sqlite-code.ts';

/**
 * A lock that one process holds at a time: an exclusive transaction, kept open, in an empty database. The kernel drops it
 * with the process, however that ends. The file stays: if it were deleted, two could each lock a file of this name.
 */
export class FileLock implements Disposable {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /**
   * Makes the file, which only its owner can read, unless there is one.
   * @returns undefined while somebody else has it.
   * @throws the error of the file system or of SQLite
   */
  static take(path: string): FileLock | undefined {
    makeFile(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: 0 });
      // It is never written: no journal is left beside it.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return new FileLock(database);
    } catch (error) {
      database?.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}

function makeFile(path: string): void {
  try {
    // Only a file that is new is closed here: to close one that SQLite has open would drop its locks.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}
