import { z } from 'zod';

/** A line on a client, as `standing/list` tells it. */
export const standingRowSchema = z.strictObject({
  line: z.string(),
  /** Null: no client is in its target. */
  client: z.string().nullable(),
  command: z.string(),
  /** As an audit may keep them. */
  args: z.record(z.string(), z.unknown()),
  /** Why it does not run; null if it does. */
  reason: z.string().nullable(),
  /** Of its job. */
  number: z.int().nullable(),
});

export type StandingRow = z.output<typeof standingRowSchema>;
