import { SignalboxError } from '../../../index.ts';

/** An error of the package as one of ours. It wraps causes in layers: the innermost says what has happened. */
export function consumerFault(error: unknown, where: string): SignalboxError {
  if (error instanceof SignalboxError) return error;
  const words = error === undefined ? 'the connection has ended' : innermost(error);
  return new SignalboxError('unavailable', `${where} cannot be read: ${words}`, { cause: error });
}

function innermost(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return error instanceof Error ? error.message : String(error);
}
