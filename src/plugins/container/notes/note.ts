import { z } from 'zod';
import { container } from '../contracts/container.ts';

/** Why a job was told to end. */
const toldSchema = z.strictObject({ code: z.enum(['cancelled', 'deadline_exceeded']), message: z.string() });

export type Told = z.output<typeof toldSchema>;

/** How a job has ended, to be reported by any process of its client. */
const endedSchema = z.strictObject({
  /** Undefined: it has completed. */
  failure: z.string().optional(),
  told: toldSchema.optional(),
  result: container.result.optional(),
});

export type Ended = z.output<typeof endedSchema>;

/** What a client must know of a job that it has begun, if its process dies. */
export const noteSchema = z.strictObject({
  version: z.literal(1),
  jobId: z.string().regex(/^[0-9a-z]{8,32}\.[1-9]\d{0,14}$/),
  storeId: z.string().optional(),
  /** Random: the label of this job's container alone. */
  mark: z.string().regex(/^[0-9a-f]{32}$/),
  /** The arguments that the end of the job depends on. The others are in the container, and may be secret. */
  args: z.strictObject({
    image: z.string(),
    leave: z.boolean().optional(),
    stats: z.number().optional(),
  }),
  /** Epoch ms. */
  deadlineMs: z.number().optional(),
  /** When it was noted: the clock may be set back since. */
  timeLeftMs: z.number().optional(),
  /** Undefined until the engine has created the container. Once set, the container may have been started. */
  containerId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  told: toldSchema.optional(),
  /** The container was found before it was ever started, and is being removed. */
  unstarted: z.boolean().optional(),
  ended: endedSchema.optional(),
});

export type Note = z.output<typeof noteSchema>;

/** Time left until the deadline, which also elapses while no client runs; undefined without a deadline. */
export function timeLeftMs(note: Pick<Note, 'deadlineMs' | 'timeLeftMs'>, nowMs: number): number | undefined {
  if (note.deadlineMs === undefined) return undefined;
  return Math.max(0, Math.min(note.deadlineMs - nowMs, note.timeLeftMs ?? Number.POSITIVE_INFINITY));
}
