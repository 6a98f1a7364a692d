import { z } from 'zod';
import { outcomes } from '../../schemas/words.ts';

// The stored data of a run: a head, and the attempts of each task that has begun. Everything else is derived.

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
const bySomebody = z.object({ actor: z.string(), atMs: z.number() });

const againSchema = z.object({
  /** For whom it acts. */
  actor: z.string(),
  /** Number of earlier attempts that no longer count, because a need was repeated. */
  from: z.int(),
  /** Number of attempts before the retry of incomplete tasks. */
  asked: z.int().optional(),
  /** The round whose approval counts. */
  round: z.int(),
});
export type Again = z.output<typeof againSchema>;

export const headSchema = z.object({
  run: z.int(),
  workflow: z.string(),
  /** The run continues with the text that it began with. */
  text: z.string(),
  file: z.string(),
  /** Whether its text comes from the folder of the server, not from a caller. */
  isOfFolder: z.boolean().optional(),
  params: z.record(z.string(), scalarSchema),
  /** Who started it. The run acts for this actor, except for retried tasks. */
  actor: z.string(),
  /** Actors for whom nothing more is sent, and why: an operator was removed. */
  gone: z.record(z.string(), z.object({ reason: z.string(), atMs: z.number() })).optional(),
  startedAtMs: z.number(),
  plannedAtMs: z.number().optional(),
  /** The schedule that started it, at `plannedAtMs` or on request. */
  schedule: z.string().optional(),
  /** True if it makes up for a missed time. */
  isBackfill: z.literal(true).optional(),
  /** The client whose change started it. */
  client: z.string().optional(),
  /** The run consists of these tasks and those that follow from them. All others count as completed. */
  from: z.array(z.string()).optional(),
  /** Retries, by task key, including the tasks that follow. */
  again: z.record(z.string(), againSchema).optional(),
  cancelled: bySomebody.optional(),
  end: z.object({ outcome: z.enum(['completed', 'failed', 'cancelled']), atMs: z.number() }).optional(),
});
export type Head = z.output<typeof headSchema>;

const attemptSchema = z.object({
  actor: z.string(),
  atMs: z.number(),
  /** Its jobs: their id, the number that people type, and their clients, or the name of a place without a client. */
  sent: z.object({ id: z.string(), number: z.int(), clients: z.array(z.string()) }).optional(),
  unsent: z.object({ outcome: z.enum(['failed', 'rejected']), canRetry: z.boolean(), error: z.string() }).optional(),
  isAsked: z.boolean().optional(),
  /** When its last job ended, and the outcomes in the order of the clients. */
  ended: z.object({ atMs: z.number(), outcomes: z.array(z.enum(outcomes)), error: z.string().optional() }).optional(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

export const taskRecordSchema = z.object({
  attempts: z.array(attemptSchema),
  approval: bySomebody.extend({ answer: z.enum(['approved', 'refused']), round: z.int().optional() }).optional(),
});
export type TaskRecord = z.output<typeof taskRecordSchema>;

export const noRecord: TaskRecord = { attempts: [] };
