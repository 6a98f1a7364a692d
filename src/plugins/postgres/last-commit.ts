import { unknownBoot } from '../../index.ts';
import type { Session } from './session.ts';

/**
 * Detects whether a store is in the state in which its last holder left it, or an older copy that was restored. The row of
 * `store` records the transaction that last changed it, and so does PostgreSQL (`xmin`). A dump contains the recorded one,
 * but the restore is another transaction. The row also records its table, and the timeline, which changes after a recovery to
 * an earlier time and when a standby is promoted.
 */
const xid = '(pg_current_xact_id()::text::numeric % 4294967296)::text';

/** For each change of the row by a holder, which has verified the store. */
export const setsMark = `mark = ${xid}`;
/** For each change of the row by others. */
export const keepsMark = `mark = CASE WHEN mark = xmin::text THEN ${xid} END`;

const proofQuery = `SELECT epoch IS NULL OR (mark = xmin::text AND place = $1 || '/' || tableoid::bigint) FROM store`;

/** The timeline of PostgreSQL. Some hosted services do not report it. */
export async function timelineOf(session: Session): Promise<string> {
  const [row] = await session.query<[string]>('SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)');
  return row?.[0] ?? '';
}

/** For a new holder, and before a copy, within a transaction. In an older copy, waiting jobs may have been sent since then, to an unknown process. */
export async function bindIfOlder(session: Session, timeline: string): Promise<void> {
  const [proof] = await session.query<[boolean | null]>(proofQuery, [timeline]);
  if (proof?.[0] !== true) {
    await session.query('UPDATE jobs SET boot = $1 WHERE outcome IS NULL AND boot IS NULL', [unknownBoot]);
  }
  await session.query(`UPDATE store SET place = $1 || '/' || tableoid::bigint, ${setsMark}`, [timeline]);
}
