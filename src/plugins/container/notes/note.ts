import { z } from 'zod';
import { container } from '../contracts/container.ts';

/** Why a job had to end. */
const toldSchema = z.strictObject({ code: z.enum(['cancelled', 'deadline_exceeded']), message: z.string() });

export type Told = z.output<typeof toldSchema>;

/** The end of a job, which any process of its client can report. */
const endedSchema = z.strictObject({
  /** Message of the failure. Undefined: the job has completed. */
  failure: z.string().optional(),
  told: toldSchema.optional(),
  result: container.result.optional(),
});

export type Ended = z.output<typeof endedSchema>;

/** The facts about a job that the next process of the client needs if this one dies. */
export const noteSchema = z.strictObject({
  version: z.literal(1),
  jobId: z.string().regex(/^[0-9a-z]{8,32}\.[1-9]\d{0,14}$/),
  storeId: z.string().optional(),
  /** A random mark, which labels the container of this job. */
  mark: z.string().regex(/^[0-9a-f]{32}$/),
  /** The arguments that affect the end of the job. All others are in the container, and may be secret. */
  args: z.strictObject({
    image: z.string(),
    leave: z.boolean().optional(),
    stats: z.number().optional(),
  }),
  /** In ms since the epoch. */
  deadlineMs: z.number().optional(),
  /** Time left when the job was noted: the clock may have been set back since then. */
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
