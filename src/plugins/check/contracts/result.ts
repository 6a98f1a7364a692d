import { z } from 'zod';
import { errorKindNames } from './error-kinds.ts';
import { kafkaAccountSchema } from './kafka-account.ts';

const count = z.int().min(0);
const ms = z.number().min(0).nullable();
const phase = (description: string) =>
  ms.meta({ unit: 'ms', description: `${description}, over all redirects; nil if not reached` });

/** One result of a check: the result of a job without `every`, or a record of a job with it. */
export const resultSchema = z.strictObject({
  check: z.string().max(256).meta({ description: 'name of the check' }),
  ok: z.boolean(),
  errorKind: z.enum(errorKindNames).nullable().meta({ description: 'nil if it is ok' }),
  error: z.string().max(1_024).nullable().meta({ description: 'the error as a sentence' }),
  plannedAtMs: z.number().meta({ unit: 'ms', description: 'planned start, since the epoch' }),
  atMs: z.number().meta({ unit: 'ms', description: 'actual start, since the epoch' }),
  dnsMs: phase('resolving the name'),
  connectMs: phase('opening the connection'),
  tlsMs: phase('the TLS handshake'),
  firstByteMs: phase('from the request to the first byte of the response'),
  transferMs: phase('from the first byte to the last one'),
  totalMs: z.number().min(0).meta({ unit: 'ms', description: 'the sum of these times' }),
  status: count.nullable().meta({ description: 'status of the last response; nil if there was none' }),
  bytes: count.meta({ description: 'size of the last body, decompressed' }),
  match: z.boolean().nullable().meta({ description: 'whether the body satisfies the patterns; nil if not tested' }),
  certificateDaysLeft: z
    .int()
    .nullable()
    .meta({ description: 'days until the last certificate expires, negative if it has expired; nil without TLS' }),
  url: z.string().max(4_096).meta({ description: 'final URL, without user and password' }),
  address: z.string().max(64).nullable().meta({ description: 'the last address that it connected to' }),
  redirects: count.meta({ description: 'number of followed redirects' }),
});

const skipped = z.int().min(1).optional().meta({
  description:
    'number of planned times of the job so far that passed while the previous check was running; absent if none',
});

/** A result of a repeated check, with the state of the site according to its client. */
export const recordSchema = resultSchema.extend({
  state: z
    .enum(['up', 'down'])
    .nullable()
    .meta({ description: 'state after the last `after` results that agree; nil before that' }),
  skipped,
});

const kafka = kafkaAccountSchema.optional().meta({ description: 'only with `to`: delivery of the results' });

/** A result as a client reports it to the server. With Kafka, the server gets some of the results only. */
export const reportSchema = recordSchema.extend({ kafka });

/** The result of a job. With Kafka, it is the newest result when the job ended. */
export const outcomeSchema = resultSchema.extend({ skipped, kafka });

export type CheckReport = z.output<typeof reportSchema>;
export type CheckRecord = z.output<typeof recordSchema>;
export type CheckResult = z.output<typeof resultSchema>;
