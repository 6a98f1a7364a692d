import type { Session } from '../../../postgres/session.ts';
import { boundsOf, dayOfTable, tableOf } from './days.ts';

// ATTACH and DETACH do not block readers and writers of other days, unlike CREATE and DROP of a partition in one step.

const attached = 'SELECT true FROM pg_inherits WHERE inhrelid = to_regclass($1)';
const tables = `SELECT c.relname, i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false)
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname ~ '^results_[0-9]{8}$'
  ORDER BY c.relname`;

/** Creates the partition of a day if it does not exist. Call within a transaction. */
export async function makeDay(session: Session, day: number): Promise<void> {
  const table = tableOf(day);
  if ((await session.query(attached, [table])).length > 0) return;
  // Serializes writers that create the same partition.
  await session.query('SELECT pg_advisory_xact_lock(hashtext(current_schema()), 2)');
  if ((await session.query(attached, [table])).length > 0) return;
  await session.query(`CREATE TABLE IF NOT EXISTS ${table} (LIKE results INCLUDING ALL)`);
  await session.query(`ALTER TABLE results ATTACH PARTITION ${table} FOR VALUES ${boundsOf(day)}`);
}

/** Drops the partitions of all days before a day, one after the other. Call outside of a transaction. @returns the dropped tables */
export async function dropDaysBefore(session: Session, day: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const [table, isAttached, isDetaching] of await session.query<[string, boolean, boolean]>(tables)) {
    const its = dayOfTable(table);
    if (its === undefined || its >= day) continue;
    if (isAttached) {
      // FINALIZE completes a detach that was interrupted.
      await session.query(`ALTER TABLE results DETACH PARTITION ${table} ${isDetaching ? 'FINALIZE' : 'CONCURRENTLY'}`);
    }
    await session.query(`DROP TABLE ${table}`);
    dropped.push(table);
  }
  return dropped;
}
