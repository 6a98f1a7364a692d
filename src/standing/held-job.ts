import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ErrorCode } from '../../schemas/index.ts';

/** The stored state of a line on a client. Times are in ms since the epoch. */
export const heldJobSchema = z.strictObject({
  line: z.string(),
  client: z.string(),
  digest: z.string(),
  /** Number of submissions. It is part of the idempotency key, so an unrecorded submission is found again. */
  attempt: z.int(),
  /** The job of this attempt, once it is known. */
  job: z.strictObject({ id: z.string(), number: z.int() }).optional(),
  /** Whether this attempt is stored and may have been submitted. */
  isSubmitting: z.literal(true).optional(),
  /** Number of successive early ends. */
  failures: z.int(),
  /** Earliest time of the next submission. */
  notBeforeMs: z.number(),
  /** Why it is not submitted again to this process of the client. */
  stopped: z.strictObject({ reason: z.string(), bootId: z.string().optional() }).optional(),
});

export type HeldJob = z.output<typeof heldJobSchema>;

/** How a job ended, or why it was rejected. */
export interface HeldEnd {
  readonly outcome: string;
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly durationMs?: number | undefined;
}

const [shortestMs, longestMs] = [1_000, 60_000];
/** A job that has run at least this long did not end early. */
const longMs = 60_000;

/** Errors that the same client would report again for the same arguments. */
const lasting: ReadonlySet<ErrorCode> = new Set(['bad_arguments', 'bad_usage', 'not_allowed', 'unknown_command']);

/** Decides what follows the end of a job: a new submission after a delay that doubles up to a minute, or none. */
export function afterEnd(
  held: HeldJob,
  end: HeldEnd,
  { nowMs, bootId }: { nowMs: number; bootId?: string | undefined },
): HeldJob {
  const { job: _, stopped: __, isSubmitting: ___, ...rest } = held;
  const { outcome, error, durationMs = 0 } = end;
  if (error && lasting.has(error.code) && (outcome === 'failed' || outcome === 'rejected')) {
    const stopped = { reason: error.message, ...(bootId !== undefined && { bootId }) };
    return { ...rest, failures: 0, notBeforeMs: 0, stopped };
  }
  const failures = durationMs >= longMs ? 1 : held.failures + 1;
  return { ...rest, failures, notBeforeMs: nowMs + Math.min(longestMs, shortestMs * 2 ** (failures - 1)) };
}

/** A hash, because names of lines may be longer than keys. */
export const heldKey = (line: string, client: string): string =>
  createHash('sha256').update(`${client}\n${line}`).digest('base64url').slice(0, 24);
