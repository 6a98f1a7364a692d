import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { sqlStateOf } from './failure.ts';
import type { Session } from './session.ts';

/** Tables of a program other than the server, in the same database. */
export interface OwnTables {
  /** Suffix for the name of the schema, such as `presence`. */
  readonly name: string;
  /** Step n of this list migrates version n - 1 to version n. Released steps must not be changed. */
  readonly migrations: readonly string[];
}

/** The address of the schema of these tables. It is separate from the schema of the server, which must have no other tables. */
export function ownAddress(address: Address, { name }: OwnTables): Address {
  const schema = `${address.schema}_${name}`;
  if (schema.length <= 63) return { ...address, schema };
  throw new SignalboxError('bad_usage', `the schema ${address.schema} is too long: ${name} adds _${name} to it`);
}

/** Creates or migrates the tables in the schema of a session. @throws errors of PostgreSQL; SignalboxError `bad_store` */
export async function migrateOwn(
  session: Session,
  { schema, text }: Address,
  { migrations }: OwnTables,
): Promise<void> {
  if ((await versionOf(session)) === migrations.length) return;
  await session.query('BEGIN');
  try {
    // Serializes programs that start at the same time.
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

/** @returns 0 if there are no tables */
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
