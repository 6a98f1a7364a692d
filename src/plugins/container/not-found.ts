/** Whether the engine has answered that there is no such thing. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'statusCode' in error && error.statusCode === 404;
