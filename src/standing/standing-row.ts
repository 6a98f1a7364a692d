import { z } from 'zod';

/** A line on a client, as `standing/list` returns it. */
export const standingRowSchema = z.strictObject({
  line: z.string(),
  /** Null if no client matches its target. */
  client: z.string().nullable(),
  command: z.string(),
  /** The arguments that an audit log may contain. */
  args: z.record(z.string(), z.unknown()),
  /** Why it is not running; null if it is. */
  reason: z.string().nullable(),
  /** The number of its job. */
  number: z.int().nullable(),
});

export type StandingRow = z.output<typeof standingRowSchema>;
