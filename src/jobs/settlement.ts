import { cutText } from '../../schemas/cut-text.ts';
import type { ErrorCode, Offsets, Outcome, Stream, WireError } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';

/** How a job ended. */
export interface Settlement {
  readonly outcome: Outcome;
  /** The result, or the details of a failure. */
  readonly result?: unknown;
  /** Present for every outcome except `completed`. */
  readonly error?: WireError;
  /** From start to end at the client, in ms. 0 if it never started, undefined if unknown. */
  readonly durationMs?: number;
  /** Number of bytes of output that were lost, by stream. */
  readonly lostOutput?: Offsets;
  /** Why output was lost, if the client knows. */
  readonly outputError?: string;
}

/** How an earlier server has settled a job. */
export interface SettledBefore {
  readonly bootId: string | undefined;
  readonly settledAtMs: number | undefined;
  readonly settlement: Settlement;
  readonly late: Settlement | undefined;
}

/** The end of a job's output, as reported by its client. */
export interface OutputEnd {
  readonly offsets?: Offsets | undefined;
  readonly outputError?: string | undefined;
  /** Number of records. */
  readonly records?: number | undefined;
}

const noEnds: readonly [Stream, number][] = [];

export function settlementFor(outcome: Outcome, code: ErrorCode, message: string): Settlement {
  // Not an Error: its stack would cost more than everything else, and a whole queue may be settled at once.
  const error = { code, message: cutText(message, limits.maxTextBytes) };
  return outcome === 'lost' ? { outcome, error } : { outcome, error, durationMs: 0 };
}

/** Adds the lost output, if any. */
export function withLoss(
  settlement: Settlement,
  lostOutput: Offsets | undefined,
  outputEnd: OutputEnd | undefined,
): Settlement {
  if (!lostOutput) return settlement;
  const { outputError } = outputEnd ?? {};
  return { ...settlement, lostOutput, ...(outputError !== undefined && { outputError }) };
}

export const endsOf = (outputEnd: OutputEnd | undefined): readonly [Stream, number][] =>
  outputEnd?.offsets ? (Object.entries(outputEnd.offsets) as [Stream, number][]) : noEnds;
