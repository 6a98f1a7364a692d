/** The system's code of a thrown value, such as `ENOENT`; undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The message of a thrown value. If it is empty, as when several addresses could not be reached, its code is used. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message || (systemCode(error) ?? error.name) : String(error);
