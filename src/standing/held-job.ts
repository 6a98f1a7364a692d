import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ErrorCode } from '../../schemas/index.ts';

/** What the store has of a line on a client. Times in ms since the epoch. */
export const heldJobSchema = z.strictObject({
  line: z.string(),
  client: z.string(),
  digest: z.string(),
  /** How often it was submitted: part of the key of each submission, so that one that was not noted is found again. */
  attempt: z.int(),
  /** The job of that attempt, once it is known. */
  job: z.strictObject({ id: z.string(), number: z.int() }).optional(),
  /** Whether that attempt is stored, and may have been submitted. */
  isSubmitting: z.literal(true).optional(),
  /** How often in succession it ended soon. */
  failures: z.int(),
  /** Not to be submitted again before. */
  notBeforeMs: z.number(),
  /** Why it is not submitted again to this process of the client. */
  stopped: z.strictObject({ reason: z.string(), bootId: z.string().optional() }).optional(),
});

export type HeldJob = z.output<typeof heldJobSchema>;

/** How a job ended, or why it was not taken. */
export interface HeldEnd {
  readonly outcome: string;
  readonly error?: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly durationMs?: number | undefined;
}

const [shortestMs, longestMs] = [1_000, 60_000];
/** A job that has run so long has not ended soon. */
const longMs = 60_000;

/** With the same arguments the same client would say the same again. */
const lasting: ReadonlySet<ErrorCode> = new Set(['bad_arguments', 'bad_usage', 'not_allowed', 'unknown_command']);

/** What follows from the end of a job: it is submitted again later, each time later up to a minute, or not at all. */
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

/** Names of lines may be longer than keys. */
export const heldKey = (line: string, client: string): string =>
  createHash('sha256').update(`${client}\n${line}`).digest('base64url').slice(0, 24);
