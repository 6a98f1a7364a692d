import { z } from 'zod';
import { windowNames } from '../state/series.ts';

const number = z.number().nullable();
const summarySchema = z.strictObject({
  results: z.number(),
  uptime: number,
  p50Ms: number,
  p95Ms: number,
  p99Ms: number,
});

/** What `checks` shows of a check. */
export const checkRowSchema = z.strictObject({
  check: z.string(),
  client: z.string(),
  state: z.enum(['up', 'down']).nullable(),
  sinceMs: z.number(),
  /** Why there is nothing new of it; null as long as it is checked. */
  silent: z.string().nullable(),
  number: z.number(),
  lastAtMs: z.number(),
  errorKind: z.string().nullable(),
  error: z.string().nullable(),
  status: number,
  totalMs: z.number(),
  certificateDaysLeft: number,
  url: z.string(),
  windows: z.record(z.enum(windowNames as [string, ...string[]]), summarySchema),
});

export type CheckRow = z.output<typeof checkRowSchema>;
