import type { Lane } from '../../../postgres/lane.ts';

// A subquery with a limit looks into the index for each check, whatever statistics say: hours are many.
const unused = `(SELECT true FROM hourly h WHERE h.check_id = c.id LIMIT 1) IS NULL
  AND (SELECT true FROM results r WHERE r.check_id = c.id LIMIT 1) IS NULL`;
const find = `SELECT c.id FROM checks c WHERE ${unused}`;
// Readers are let through, and writers that insert results wait.
const lock = 'LOCK TABLE checks IN EXCLUSIVE MODE';
const prune = `DELETE FROM checks c WHERE c.id = ANY($1::integer[]) AND ${unused}`;

/** Taken before results are inserted and kept until they are committed: no check is removed meanwhile. Within a transaction. */
export const keepChecks = 'LOCK TABLE checks IN ROW SHARE MODE';

/** Removes the checks that no result and no hour is left of. */
export async function pruneChecks(lane: Lane): Promise<void> {
  const ids = (await lane.read((session) => session.query<[number]>(find))).map(([id]) => id);
  if (ids.length === 0) return;
  await lane.transaction(async (session) => {
    await session.query(lock);
    await session.query(prune, [ids]);
  });
}
