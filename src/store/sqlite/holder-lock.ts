import { realpathSync, statSync } from 'node:fs';
import { FileLock } from '../../file-lock.ts';
import { createFile } from './create-file.ts';
import { failureOf, StoreFailure } from './failure.ts';

/**
 * Takes the lock of whoever holds a store. It is beside the store because a lock in it would keep readers out.
 * @returns undefined while somebody else has it.
 * @throws StoreFailure `bad_store`, `unavailable`
 */
export function takeHolderLock(storePath: string): FileLock | undefined {
  // One store can have several names, but with hard links nobody could tell: each had a lock and a log of its own.
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
