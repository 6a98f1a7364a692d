import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { sqlStateOf } from './failure.ts';
import type { Session } from './session.ts';

/** Tables that a program other than the server keeps in the same database. */
export interface OwnTables {
  /** What their schema adds to that of the server, such as `presence`. */
  readonly name: string;
  /** Number n of this list makes version n of version n - 1. What has been released is never changed. */
  readonly migrations: readonly string[];
}

/** The schema of these tables, next to that of the server: a server rejects a schema that has other tables. */
export function ownAddress(address: Address, { name }: OwnTables): Address {
  const schema = `${address.schema}_${name}`;
  if (schema.length <= 63) return { ...address, schema };
  throw new SignalboxError('bad_usage', `the schema ${address.schema} is too long: ${name} adds _${name} to it`);
}

/** Makes the tables in the schema of a session, or brings them up to date. @throws errors of PostgreSQL; SignalboxError `bad_store` */
export async function migrateOwn(
  session: Session,
  { schema, text }: Address,
  { migrations }: OwnTables,
): Promise<void> {
  if ((await versionOf(session)) === migrations.length) return;
  await session.query('BEGIN');
  try {
    // Two that start at once make it one after the other.
    await session.query('SELECT pg_advisory_xact_lock(hashtext($1), 1)', [schema]);
    await session.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    const version = await versionOf(session);
    if (version > migrations.length) {
      const versions = `its version is ${version}, this signalbox supports up to ${migrations.length}`;
      throw new SignalboxError('bad_store', `${text} was written by a newer signalbox: ${versions}; use that version`);
    }
    if (version === 0) await session.query(versionTable);
    for (const step of migrations.slice(version)) await session.query(step);
    await session.query('UPDATE version SET version = $1', [migrations.length]);
    await session.query('COMMIT');
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

const versionTable = `CREATE TABLE version (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);
  INSERT INTO version VALUES (1, 0)`;

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
