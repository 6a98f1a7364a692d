/** The system's code of a thrown value, such as `ENOENT`; undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The message of a thrown value. That of several addresses that could not be reached is empty: their code stands for it. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message || (systemCode(error) ?? error.name) : String(error);
