import type { Lane } from '../../../postgres/lane.ts';

// The subquery with LIMIT makes PostgreSQL look up each check in the index, whatever the statistics: `hourly` is large.
const unused = `(SELECT true FROM hourly h WHERE h.check_id = c.id LIMIT 1) IS NULL
  AND (SELECT true FROM results r WHERE r.check_id = c.id LIMIT 1) IS NULL`;
const find = `SELECT c.id FROM checks c WHERE ${unused}`;
// Blocks writers that insert results, but no readers.
const lock = 'LOCK TABLE checks IN EXCLUSIVE MODE';
const prune = `DELETE FROM checks c WHERE c.id = ANY($1::integer[]) AND ${unused}`;

/** Prevents the removal of checks until the end of the transaction. Use within a transaction, before results are inserted. */
export const keepChecks = 'LOCK TABLE checks IN ROW SHARE MODE';

/** Removes checks without results and hourly counts. */
export async function pruneChecks(lane: Lane): Promise<void> {
  const ids = (await lane.read((session) => session.query<[number]>(find))).map(([id]) => id);
  if (ids.length === 0) return;
  await lane.transaction(async (session) => {
    await session.query(lock);
    await session.query(prune, [ids]);
  });
}
