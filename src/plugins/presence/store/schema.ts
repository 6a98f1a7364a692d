import { SignalboxError } from '../../../index.ts';
import type { Address } from '../../postgres/address.ts';
import { sqlStateOf } from '../../postgres/failure.ts';
import type { Session } from '../../postgres/session.ts';

/** Number n of this list makes version n of version n - 1. What has been released is never changed. */
const migrations: readonly string[] = [
  // No index on seen_at: a row is written every second, and without one PostgreSQL does that within its page. Half of each page
  // is free for it.
  `CREATE TABLE version (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);
  INSERT INTO version VALUES (1, 0);
  CREATE TABLE online_users (
    user_id text COLLATE "C" PRIMARY KEY,
    seen_at timestamptz NOT NULL
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)`,
  // The newest batch of each gateway that traces: who counts links to it.
  `CREATE TABLE traced_batches (
    gateway uuid PRIMARY KEY,
    traceparent text NOT NULL,
    stored_at timestamptz NOT NULL
  ) WITH (fillfactor = 50)`,
];

/** The schema of presence beside that of a server: the server takes no schema that has tables of others. */
export function presenceAddress(address: Address): Address {
  const schema = `${address.schema}_presence`;
  if (schema.length <= 63) return { ...address, schema };
  throw new SignalboxError('bad_usage', `the schema ${address.schema} is too long: presence adds _presence to it`);
}

/** Makes the tables of a session's schema, or brings them up to date. @throws errors of PostgreSQL; SignalboxError `bad_store` */
export async function migrate(session: Session, { schema, text }: Address): Promise<void> {
  if ((await versionOf(session)) === migrations.length) return;
  await session.query('BEGIN');
  try {
    // Two that start at once make it one after the other.
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1), 1)', [schema]);
    await session.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    const version = await versionOf(session);
    if (version > migrations.length) {
      const versions = `its version is ${version}, this signalbox knows ${migrations.length}`;
      throw new SignalboxError('bad_store', `${text} was written by a newer signalbox: ${versions}; use that one`);
    }
    for (const step of migrations.slice(version)) await session.query(step);
    await session.query('UPDATE version SET version = $1', [migrations.length]);
    await session.query('COMMIT');
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

/** 0 where nothing is there. */
async function versionOf(session: Session): Promise<number> {
  const [found] = await session.query<[boolean]>("SELECT to_regclass('version') IS NOT NULL");
  if (!found?.[0]) return 0;
  try {
    const [row] = await session.query<[number]>('SELECT version FROM version');
    return row?.[0] ?? 0;
  } catch (error) {
    if (sqlStateOf(error) === '42P01') return 0;
    throw error;
  }
}
