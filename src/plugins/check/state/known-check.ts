import { createHash } from 'node:crypto';
import { z } from 'zod';
import { kafkaAccountSchema } from '../contracts/kafka-account.ts';

/** The newest result of a check. */
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

/** The state of a check on a client, as stored by a server. */
export const knownCheckSchema = z.strictObject({
  check: z.string(),
  client: z.string(),
  state: z.enum(['up', 'down']).nullable(),
  /** Since when it is in this state. */
  sinceMs: z.number(),
  /** The job of the newest result, and the offset of that result among its records. */
  job: z.strictObject({
    id: z.string(),
    number: z.number(),
    offset: z.number().optional(),
    vouched: z.record(z.string(), z.string()).optional(),
  }),
  last: lastSchema,
  /** Planned times that the job skipped. */
  skipped: z.number().optional(),
  /** With Kafka: the delivery of its results. */
  kafka: kafkaAccountSchema.optional(),
  /** A stored change that may not have been emitted yet. If it was, the event log has it after `afterSeq`. */
  untold: z.strictObject({ from: z.enum(['up', 'down']).nullable(), afterSeq: z.number() }).optional(),
});

export type KnownCheck = z.output<typeof knownCheckSchema>;

/** The job of a check, to decide who may see it. If it was stored without labels, only names decide. */
export const jobOf = ({ client, job: { vouched } }: KnownCheck) => ({
  ...{ command: 'check', client },
  ...(vouched && { vouched }),
});

/** Key of a check on a client, because names may be longer than keys. */
export const keyOf = (check: string, client: string): string =>
  createHash('sha256').update(`${client}\n${check}`).digest('base64url').slice(0, 24);
