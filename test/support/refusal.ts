import { expect } from 'vitest';
import { type ErrorCode, SignalboxError } from '../../schemas/index.ts';

/** What a refusal of ours looks like to `toThrow` and `rejects.toThrow`. */
export const refusal = (code: ErrorCode): unknown => expect.objectContaining({ name: 'SignalboxError', code });

/** The code that `run` is refused with, or `accepted`. Every other error goes on, so that a property fails with it. */
export function verdict(run: () => unknown): ErrorCode | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SignalboxError) return error.code;
    throw error;
  }
}
