import { realpathSync, statSync } from 'node:fs';
import { FileLock } from '../../file-lock.ts';
import { createFile } from './create-file.ts';
import { failureOf, StoreFailure } from './failure.ts';

/**
 * Acquires the lock of the holder of a store. It is a separate file, because a lock in the store would keep readers
 * out.
 * @returns undefined while another process has it.
 * @throws StoreFailure `bad_store`, `unavailable`
 */
export function takeHolderLock(storePath: string): FileLock | undefined {
  // Symbolic links are resolved, but hard links cannot be: each name would have its own lock and log.
  if (statSync(storePath).nlink > 1) {
    throw new StoreFailure('bad_store', `${storePath} has several names (hard links); remove all but one`);
  }
  const path = `${realpathSync(storePath)}-lock`;
  createFile(path);
  try {
    return FileLock.take(path);
  } catch (error) {
    throw failureOf(error, path);
  }
}
