import { createHash } from 'node:crypto';
import { z } from 'zod';
import { kafkaAccountSchema } from '../contracts/kafka-account.ts';

/** What the newest result of a check says. */
const lastSchema = z.strictObject({
  plannedAtMs: z.number(),
  atMs: z.number(),
  ok: z.boolean(),
  errorKind: z.string().nullable(),
  error: z.string().nullable(),
  status: z.number().nullable(),
  totalMs: z.number(),
  certificateDaysLeft: z.number().nullable(),
  url: z.string(),
});

/** What a server knows of a check on a client, as the store has it. */
export const knownCheckSchema = z.strictObject({
  check: z.string(),
  client: z.string(),
  state: z.enum(['up', 'down']).nullable(),
  /** Since when it is in this state. */
  sinceMs: z.number(),
  /** The job that has sent the newest result, and the offset of that among its records. */
  job: z.strictObject({
    id: z.string(),
    number: z.number(),
    offset: z.number().optional(),
    vouched: z.record(z.string(), z.string()).optional(),
  }),
  last: lastSchema,
  /** Times that the job has skipped. */
  skipped: z.number().optional(),
  /** With Kafka: what became of its results there. */
  kafka: kafkaAccountSchema.optional(),
  /** A change that is stored, and may not have been told yet; then it is in the log of events behind `afterSeq`. */
  untold: z.strictObject({ from: z.enum(['up', 'down']).nullable(), afterSeq: z.number() }).optional(),
});

export type KnownCheck = z.output<typeof knownCheckSchema>;

/** The job of a check, as it is seen or not: one that was stored without labels is seen by names alone. */
export const jobOf = ({ client, job: { vouched } }: KnownCheck) => ({
  ...{ command: 'check', client },
  ...(vouched && { vouched }),
});

/** Of a check on a client: names may be longer than keys. */
export const keyOf = (check: string, client: string): string =>
  createHash('sha256').update(`${client}\n${check}`).digest('base64url').slice(0, 24);
