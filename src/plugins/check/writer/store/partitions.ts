import type { Session } from '../../../postgres/session.ts';
import { boundsOf, dayOfTable, tableOf } from './days.ts';

// Attaching and detaching, unlike creating and dropping a partition in one step, leave readers and writers of other days alone.

const attached = 'SELECT true FROM pg_inherits WHERE inhrelid = to_regclass($1)';
const tables = `SELECT c.relname, i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false)
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname ~ '^results_[0-9]{8}$'
  ORDER BY c.relname`;

/** Makes the partition of a day, unless it is there. Within a transaction. */
export async function makeDay(session: Session, day: number): Promise<void> {
  const table = tableOf(day);
  if ((await session.query(attached, [table])).length > 0) return;
  // Two writers make it one after the other.
  await session.query('SELECT pg_advisory_xact_lock(hashtext(current_schema()), 2)');
  if ((await session.query(attached, [table])).length > 0) return;
  await session.query(`CREATE TABLE IF NOT EXISTS ${table} (LIKE results INCLUDING ALL)`);
  await session.query(`ALTER TABLE results ATTACH PARTITION ${table} FOR VALUES ${boundsOf(day)}`);
}

/** Drops the partitions of the days before one. Outside of a transaction; one at a time. @returns the tables. */
export async function dropDaysBefore(session: Session, day: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const [table, isAttached, isDetaching] of await session.query<[string, boolean, boolean]>(tables)) {
    const its = dayOfTable(table);
    if (its === undefined || its >= day) continue;
    if (isAttached) {
      // One that was interrupted goes on from where it was.
      await session.query(`ALTER TABLE results DETACH PARTITION ${table} ${isDetaching ? 'FINALIZE' : 'CONCURRENTLY'}`);
    }
    await session.query(`DROP TABLE ${table}`);
    dropped.push(table);
  }
  return dropped;
}
