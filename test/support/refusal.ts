import { expect } from 'vitest';
import { type ErrorCode, SignalboxError } from '../../schemas/index.ts';

/** The pattern of a Signalbox error for `toThrow` and `rejects.toThrow`. */
export const refusal = (code: ErrorCode): unknown => expect.objectContaining({ name: 'SignalboxError', code });

/** The error code of `run`, or `accepted`. Every other error is rethrown, so that a property fails with it. */
export function verdict(run: () => unknown): ErrorCode | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SignalboxError) return error.code;
    throw error;
  }
}
