import { z } from 'zod';
import { type CheckRecord, recordSchema } from '../contracts/result.ts';

/**
 * A result in Kafka: the value of a record, in JSON. The key of the record is `check`, its timestamp is `atMs`.
 * `client`, `job` and `seq` together are unique: duplicates of a result agree in all three.
 * Readers ignore unknown fields. An incompatible change gets another `schema`.
 */
export const resultMessageSchema = z.object({
  ...recordSchema.shape,
  schema: z.literal(1).meta({ description: 'version of this format' }),
  client: z.string().max(63).meta({ description: 'name of the client that ran the check' }),
  job: z.string().max(64).meta({ description: 'the id of its job' }),
  seq: z.int().min(1).meta({ description: 'number of the result in the job on this client, from 1' }),
  errorKind: z.string().max(64).nullable().meta({ description: 'nil if it is ok; later clients may have more kinds' }),
});

export type ResultMessage = z.output<typeof resultMessageSchema>;

/** Key and value of the record of a result. */
export function resultMessage(
  record: CheckRecord,
  from: { readonly client: string; readonly job: string; readonly seq: number },
) {
  return { key: record.check, value: JSON.stringify({ schema: 1, ...from, ...record } satisfies ResultMessage) };
}
