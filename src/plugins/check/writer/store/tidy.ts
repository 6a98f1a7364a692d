import type { Lane } from '../../../postgres/lane.ts';
import type { Session } from '../../../postgres/session.ts';
import { dayOf } from './days.ts';
import type { Keeping } from './keeping.ts';
import { dropDaysBefore, makeDay } from './partitions.ts';
import { pruneChecks } from './prune-checks.ts';

/** Partitions are created ahead, so that they exist even if no writer can tidy for a while. */
const daysAhead = 3;

const nowMs = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000';
const lock = 'SELECT pg_try_advisory_lock(hashtext(current_schema()), 3)';
const unlock = 'SELECT pg_advisory_unlock(hashtext(current_schema()), 3)';
const dropHours = `DELETE FROM hourly h USING checks c WHERE h.check_id = c.id AND h.hour < now() - $1 * interval '1 ms'`;
const dropPoison = `DELETE FROM poison WHERE found_at < now() - $1 * interval '1 ms'`;

/** Creates partitions ahead and removes expired data. @returns the dropped tables */
export async function tidy(lane: Lane, { keepMs, keepHourlyMs }: Keeping): Promise<readonly string[]> {
  const [now] = await lane.read((session) => session.query<[number]>(nowMs));
  const today = dayOf(now?.[0] ?? Date.now());
  for (let ahead = 0; ahead <= daysAhead; ahead += 1) {
    await lane.transaction((session) => makeDay(session, today + ahead));
  }
  await lane.transaction((session) => session.query(dropHours, [keepHourlyMs]));
  await lane.transaction((session) => session.query(dropPoison, [keepMs]));
  const firstKept = dayOf((now?.[0] ?? Date.now()) - keepMs);
  const dropped = await lane.read((session) => dropAlone(session, firstKept));
  await pruneChecks(lane);
  return dropped;
}

/** Drops old days under an advisory lock, so that two writers do not drop the same day. */
async function dropAlone(session: Session, firstKept: number): Promise<readonly string[]> {
  const [got] = await session.query<[boolean]>(lock);
  if (!got?.[0]) return [];
  try {
    return await dropDaysBefore(session, firstKept);
  } finally {
    await session.query(unlock);
  }
}
