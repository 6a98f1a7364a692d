import type { ErrorCode } from '../../../schemas/index.ts';
import { wordsOf } from '../../process/system-error.ts';
import { sqliteCode } from '../../sqlite-code.ts';

/**
 * An error of a thread of the store. The other side converts it to a `SignalboxError`. Loading that class, with zod,
 * would take most of the time and memory of a thread.
 */
export class StoreFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The step in which an error occurred. After a failed COMMIT it is unknown whether the transaction is committed. */
export type Step = 'before' | 'commit';

const primary = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 };

/** Converts an error of SQLite, with a sentence for people. */
export function failureOf(error: unknown, path: string, step: Step = 'before'): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const code = sqliteCode(error);
  const words = wordsOf(error);
  const failure = (as: 'unavailable' | 'unknown' | 'bad_store' | 'internal', message: string) =>
    new StoreFailure(as, message, { cause: error });
  switch (code === undefined ? undefined : code & 0xff) {
    case primary.busy:
    case primary.locked:
      return failure('unavailable', `${path} is locked by another program; end that program or wait`);
    case primary.readonly:
      return failure('unavailable', readOnlyWords(path));
    case primary.full:
      return failure('unavailable', `no space left for ${path}; free some, or lower --keep and --keep-bytes`);
    case primary.cantopen:
      return failure('unavailable', `${path} cannot be opened; check its folder and permissions`);
    case primary.ioerr:
      // The transaction may still be complete in the log, where whoever opens the file next would find it.
      return failure(step === 'commit' ? 'unknown' : 'unavailable', `${path} cannot be read or written: ${words}`);
    case primary.corrupt:
      return failure('bad_store', `${path} is damaged: ${words}; restore a backup`);
    case primary.notadb:
      return failure('bad_store', `${path} is not a store; name another file`);
    default:
      return failure('internal', `${path}: ${words}`);
  }
}

export const readOnlyWords = (path: string): string =>
  `${path} is read-only; make the file and its folder writable for this user`;
