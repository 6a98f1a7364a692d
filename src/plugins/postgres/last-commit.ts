import { unknownBoot } from '../../index.ts';
import type { Session } from './session.ts';

/**
 * Whether a store is as its last holder left it, or an older copy that was put back. Its row notes the transaction that
 * changed the row last, which PostgreSQL notes, too (`xmin`): a dump brings the one, and what restores it is another
 * transaction. It also notes its table, and the timeline, which is another one after a recovery to an earlier moment and
 * where a standby was promoted.
 */
const xid = '(pg_current_xact_id()::text::numeric % 4294967296)::text';

/** For each change of the row by a holder, who has proved it. */
export const setsMark = `mark = ${xid}`;
/** For each change by others. */
export const keepsMark = `mark = CASE WHEN mark = xmin::text THEN ${xid} END`;

const proofQuery = `SELECT epoch IS NULL OR (mark = xmin::text AND place = $1 || '/' || tableoid::bigint) FROM store`;

/** Not every service that offers PostgreSQL says it. */
export async function timelineOf(session: Session): Promise<string> {
  const [row] = await session.query<[string]>('SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)');
  return row?.[0] ?? '';
}

/** For a new holder, and before a copy, within a transaction: what waits in an older copy may have been sent, nobody knows to which process. */
export async function bindIfOlder(session: Session, timeline: string): Promise<void> {
  const [proof] = await session.query<[boolean | null]>(proofQuery, [timeline]);
  if (proof?.[0] !== true) {
    await session.query('UPDATE jobs SET boot = $1 WHERE outcome IS NULL AND boot IS NULL', [unknownBoot]);
  }
  await session.query(`UPDATE store SET place = $1 || '/' || tableoid::bigint, ${setsMark}`, [timeline]);
}
