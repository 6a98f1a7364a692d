import { z } from 'zod';
import { kafkaAccountSchema } from '../contracts/kafka-account.ts';
import { windowNames } from '../state/series.ts';

const number = z.number().nullable();
const summarySchema = z.strictObject({
  results: z.number(),
  uptime: number,
  p50Ms: number,
  p95Ms: number,
  p99Ms: number,
});

/** A row of `checks`. */
export const checkRowSchema = z.strictObject({
  check: z.string(),
  /** Null: no client is in the target of its line. */
  client: z.string().nullable(),
  state: z.enum(['up', 'down']).nullable(),
  sinceMs: number,
  /** Why there are no new results; null while it is checked. */
  silent: z.string().nullable(),
  number,
  /** Planned times of its job that passed while the previous check was running. */
  skipped: number,
  lastAtMs: number,
  errorKind: z.string().nullable(),
  error: z.string().nullable(),
  status: number,
  totalMs: number,
  certificateDaysLeft: number,
  url: z.string().nullable(),
  /** Where its results go; null: they are kept here. With a sink, `windows` is empty. */
  kafka: kafkaAccountSchema.nullable(),
  windows: z.record(z.enum(windowNames as [string, ...string[]]), summarySchema),
});

export type CheckRow = z.output<typeof checkRowSchema>;
