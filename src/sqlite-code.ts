const busy = 5;

/** The extended code of an error of SQLite; undefined for all others. https://www.sqlite.org/rescode.html */
export const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

/** Whether a lock that somebody else holds was waited for in vain. */
export const isBusy = (error: unknown): boolean => ((sqliteCode(error) ?? 0) & 0xff) === busy;
