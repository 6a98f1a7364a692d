const busy = 5;

/** The extended result code of an SQLite error; undefined for other errors. https://www.sqlite.org/rescode.html */
export const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

/** Whether another process held a lock until the time limit. */
export const isBusy = (error: unknown): boolean => ((sqliteCode(error) ?? 0) & 0xff) === busy;
