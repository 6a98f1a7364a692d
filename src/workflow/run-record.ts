import { z } from 'zod';
import { outcomes } from '../../schemas/words.ts';

// What a run leaves in the store: a head, and of each task that has begun its attempts. All else follows from these.

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
const bySomebody = z.object({ actor: z.string(), atMs: z.number() });

const againSchema = z.object({
  /** Acts for whom. */
  actor: z.string(),
  /** Attempts before these do not count any more: what it needs was done again. */
  from: z.int(),
  /** Attempts before the one that repeats what had not completed. */
  asked: z.int().optional(),
  /** The round whose answer counts. */
  round: z.int(),
});
export type Again = z.output<typeof againSchema>;

export const headSchema = z.object({
  run: z.int(),
  workflow: z.string(),
  /** The run goes on with the text that it began with. */
  text: z.string(),
  file: z.string(),
  /** Its text is of the folder of the server, and not of a caller. */
  isOfFolder: z.boolean().optional(),
  params: z.record(z.string(), scalarSchema),
  /** Who has started it: it acts for whoever that is, but for what somebody has retried. */
  actor: z.string(),
  /** Actors for whom nothing more is sent, and why: an operator was removed. */
  gone: z.record(z.string(), z.object({ reason: z.string(), atMs: z.number() })).optional(),
  startedAtMs: z.number(),
  plannedAtMs: z.number().optional(),
  /** Has started it: at `plannedAtMs`, or because somebody has asked for a run of it. */
  schedule: z.string().optional(),
  /** It makes up for a time that was left out. */
  isBackfill: z.literal(true).optional(),
  /** Whose change has started it. */
  client: z.string().optional(),
  /** Only these tasks and what follows from them; the others count as completed. */
  from: z.array(z.string()).optional(),
  /** What somebody has retried, by the keys of its tasks, and what follows from it. */
  again: z.record(z.string(), againSchema).optional(),
  cancelled: bySomebody.optional(),
  end: z.object({ outcome: z.enum(['completed', 'failed', 'cancelled']), atMs: z.number() }).optional(),
});
export type Head = z.output<typeof headSchema>;

const attemptSchema = z.object({
  actor: z.string(),
  atMs: z.number(),
  /** Of its jobs: their id, the number that people type, and their clients; of a place that has none its name. */
  sent: z.object({ id: z.string(), number: z.int(), clients: z.array(z.string()) }).optional(),
  unsent: z.object({ outcome: z.enum(['failed', 'rejected']), canRetry: z.boolean(), error: z.string() }).optional(),
  isAsked: z.boolean().optional(),
  /** When the last of its jobs had ended: how each did, in the order of the clients. */
  ended: z.object({ atMs: z.number(), outcomes: z.array(z.enum(outcomes)), error: z.string().optional() }).optional(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

export const taskRecordSchema = z.object({
  attempts: z.array(attemptSchema),
  approval: bySomebody.extend({ answer: z.enum(['approved', 'refused']), round: z.int().optional() }).optional(),
});
export type TaskRecord = z.output<typeof taskRecordSchema>;

export const noRecord: TaskRecord = { attempts: [] };
