import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { systemCode } from './process/system-error.ts';
import { isBusy } from './sqlite-code.ts';

/**
 * A lock for one process at a time: an open exclusive transaction in an empty SQLite database. The kernel releases it
 * when the process ends, however it ends. The file is never deleted: otherwise two processes could lock different files
 * of the same name.
 */
export class FileLock implements Disposable {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /**
   * Takes the lock, and creates the file with mode 0600 if it is missing.
   * @returns undefined if another process holds the lock.
   * @throws the error of the file system or of SQLite
   */
  static take(path: string): FileLock | undefined {
    makeFile(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: 0 });
      // Nothing is ever written, so no journal file appears next to it.
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
    // Close only a new file: closing a file that SQLite has open would drop its locks.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}
