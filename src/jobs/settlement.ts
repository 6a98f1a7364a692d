import {
  type ErrorCode,
  limits,
  type Offsets,
  type Outcome,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';

/** How a job ended. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly result?: unknown;
  readonly error?: WireError;
  /** From start to end at the client; 0 where it never started, undefined where that is unknown. */
  readonly durationMs?: number;
  /** Bytes of its output that never came, by stream. */
  readonly lostOutput?: Offsets;
  /** Why they did not come, if the client knows. */
  readonly outputError?: string;
}

/** Where the output of a job ends, as its client says. */
export interface OutputEnd {
  readonly offsets?: Offsets | undefined;
  readonly outputError?: string | undefined;
}

export function settlementFor(outcome: Outcome, code: ErrorCode, message: string): Settlement {
  // No Error is made: its stack would cost more than all else, and a queue can be settled at once.
  const error = { code, message: message.slice(0, limits.maxTextLength) };
  return outcome === 'lost' ? { outcome, error } : { outcome, error, durationMs: 0 };
}

/** With the output that never came, if some did not. */
export function withLoss(
  settlement: Settlement,
  lostOutput: Offsets | undefined,
  { outputError }: OutputEnd,
): Settlement {
  if (!lostOutput) return settlement;
  return { ...settlement, lostOutput, ...(outputError !== undefined && { outputError }) };
}

export const endsOf = ({ offsets = {} }: OutputEnd) => Object.entries(offsets) as [Stream, number][];
