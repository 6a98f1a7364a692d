import { type Stats, statSync } from 'node:fs';
import { StoreFailure } from './failure.ts';

/**
 * Notices that the file of an open store, or its log of changes, was deleted, emptied or replaced: SQLite would go on with what
 * has no name any more, and all that it says is done would be gone with the process.
 */
export class StoreFile {
  readonly path: string;
  private readonly file: Stats;
  private log: Stats | undefined;

  constructor(path: string) {
    this.path = path;
    this.file = statSync(path);
  }

  /** By name: an open descriptor of it must not be closed by this process. @throws StoreFailure `unavailable` */
  check(): void {
    const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
    this.log ??= log;
    const file = statSync(this.path, { throwIfNoEntry: false });
    // SQLite deletes the log of an empty file.
    const isEmptied = file?.size === 0 && this.file.size > 0;
    if (isSameFile(this.file, file) && isSameFile(this.log, log) && !isEmptied) return;
    const message = `${this.path} was deleted, emptied or replaced while it was open; put it back, or start the server again`;
    throw new StoreFailure('unavailable', message);
  }
}

const isSameFile = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one?.ino === other?.ino && one?.dev === other?.dev;
