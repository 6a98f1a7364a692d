import { closeSync, openSync } from 'node:fs';
import { systemCode, wordsOf } from '../../process/system-error.ts';
import { StoreFailure } from './failure.ts';

/**
 * Makes an empty file that only its owner can read, unless there is one.
 * @throws StoreFailure `unavailable`
 */
export function createFile(path: string): void {
  try {
    // Only a file that is new is closed here: to close one that SQLite has open would drop its locks.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return;
    const why = systemCode(cause) === 'ENOENT' ? 'its folder does not exist; make that first' : wordsOf(cause);
    throw new StoreFailure('unavailable', `${path} cannot be made: ${why}`, { cause });
  }
}
