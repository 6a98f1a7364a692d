import { type Stats, statSync } from 'node:fs';
import { StoreFailure } from './failure.ts';

/**
 * Detects that the file of an open store, or its write-ahead log, was deleted, emptied or replaced. SQLite would
 * continue with the unlinked file, and everything that it reports as committed would be lost when the process ends.
 */
export class StoreFile {
  readonly path: string;
  private readonly file: Stats;
  private log: Stats | undefined;

  constructor(path: string) {
    this.path = path;
    this.file = statSync(path);
  }

  /**
   * Checks by name, because this process must not close another descriptor of the file. @throws StoreFailure
   * `unavailable`
   */
  check(): void {
    const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
    this.log ??= log;
    const file = statSync(this.path, { throwIfNoEntry: false });
    // SQLite deletes the log of an empty file.
    const isEmptied = file?.size === 0 && this.file.size > 0;
    if (isSameFile(this.file, file) && isSameFile(this.log, log) && !isEmptied) return;
    const message = `${this.path} was deleted, emptied or replaced while it was open; restore it, or restart the server`;
    throw new StoreFailure('unavailable', message);
  }
}

const isSameFile = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one?.ino === other?.ino && one?.dev === other?.dev;
