import { closeSync, openSync } from 'node:fs';
import { systemCode, wordsOf } from '../../process/system-error.ts';
import { StoreFailure } from './failure.ts';

/**
 * Creates an empty file that only its owner can read, unless it exists.
 * @throws StoreFailure `unavailable`
 */
export function createFile(path: string): void {
  try {
    // Only a new file is closed here: closing a file that SQLite has open would drop its locks.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return;
    const why = systemCode(cause) === 'ENOENT' ? 'its folder does not exist; create it first' : wordsOf(cause);
    throw new StoreFailure('unavailable', `${path} cannot be created: ${why}`, { cause });
  }
}
