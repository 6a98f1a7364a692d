import { z } from 'zod';

/** How a job has ended, to be reported again by another process of its client. */
const endedSchema = z.strictObject({
  outcome: z.enum(['completed', 'failed', 'cancelled']),
  error: z
    .strictObject({
      code: z.enum(['command_failed', 'cancelled', 'deadline_exceeded', 'not_allowed', 'unavailable', 'internal']),
      message: z.string(),
    })
    .optional(),
  /** In the form of the contract's result. */
  result: z.unknown().optional(),
});

export type Ended = z.output<typeof endedSchema>;

/** What a client must know of a job that it has begun, if its process dies. */
export const noteSchema = z.strictObject({
  version: z.literal(1),
  jobId: z.string().regex(/^[0-9a-z]{8,32}\.[1-9]\d{0,14}$/),
  storeId: z.string().optional(),
  /** Random: the label of this job's container alone. */
  mark: z.string().regex(/^[0-9a-f]{32}$/),
  /** Of its arguments what its end depends on. The others are in the container, and may be secret. */
  args: z.strictObject({
    image: z.string(),
    service: z.boolean().optional(),
    leave: z.boolean().optional(),
  }),
  /** Epoch ms. */
  deadlineMs: z.number().optional(),
  /** When it was noted: the clock may be set back since. */
  timeLeftMs: z.number().optional(),
  /** Undefined until the engine has made the container; then it may have been started. */
  containerId: z.string().optional(),
  ended: endedSchema.optional(),
});

export type Note = z.output<typeof noteSchema>;

/** Time left until the deadline, which passes also while nobody is there; undefined without one. */
export function timeLeftMs(note: Pick<Note, 'deadlineMs' | 'timeLeftMs'>, nowMs: number): number | undefined {
  if (note.deadlineMs === undefined) return undefined;
  return Math.max(0, Math.min(note.deadlineMs - nowMs, note.timeLeftMs ?? Number.POSITIVE_INFINITY));
}
