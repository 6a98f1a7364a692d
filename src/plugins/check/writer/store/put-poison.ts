import type { Session } from '../../../postgres/session.ts';
import type { Poison } from './received.ts';

/** Limits for the stored part of a message that is not a result. */
export const poisonLimits = { keyBytes: 1_024, valueBytes: 8_192, reasonLength: 1_024 };

const insert = `INSERT INTO poison (topic, partition, "offset", sent_at, reason, key, value, value_bytes)
  SELECT topic, partition, "offset", to_timestamp(sent_at / 1000), reason, key, value, value_bytes
    FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::float8[], $5::text[], $6::bytea[], $7::bytea[], $8::integer[])
      AS given (topic, partition, "offset", sent_at, reason, key, value, value_bytes)
    ORDER BY topic, partition, "offset"
  ON CONFLICT DO NOTHING`;

/** Stores messages that are not usable results as poison. Call within a transaction; idempotent. */
export async function putPoison(session: Session, poison: readonly Poison[]): Promise<void> {
  const of = <Value>(value: (one: Poison) => Value): Value[] => poison.map(value);
  await session.query(insert, [
    of(({ received }) => received.topic),
    of(({ received }) => received.partition),
    of(({ received }) => String(received.offset)),
    of(({ received }) => received.sentAtMs),
    of(({ reason }) => reason.replaceAll('\0', '�').slice(0, poisonLimits.reasonLength)),
    of(({ received }) => begin(received.key, poisonLimits.keyBytes)),
    of(({ received }) => begin(received.value, poisonLimits.valueBytes)),
    of(({ received }) => received.value?.length ?? 0),
  ]);
}

const begin = (bytes: Buffer | null, max: number): Buffer | null => bytes?.subarray(0, max) ?? null;
