import { type LoggedEvent, type LogPage, toEventRows, toLogPage } from '../../index.ts';
import type { Session } from './session.ts';
import { pack, unpack } from './values.ts';

/** An answer ends with the row that exceeds this size. */
const maxBytes = 4_194_304;

const insert = `WITH made AS (
    INSERT INTO events (first_seq, last_seq, newest_at_ms, packed)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::float8[], $4::bytea[]) RETURNING octet_length(packed) AS bytes)
  UPDATE store SET used_bytes = used_bytes + (SELECT sum(bytes) FROM made)`;

/** Adds to the log of events, within a transaction of its caller. */
export async function addEvents(session: Session, events: readonly LoggedEvent[]): Promise<void> {
  const rows = toEventRows(events, pack);
  if (rows.length === 0) return;
  await session.query(insert, [
    rows.map(([firstSeq]) => firstSeq),
    rows.map(([, lastSeq]) => lastSeq),
    rows.map(([, , newestAtMs]) => newestAtMs),
    rows.map(([, , , packed]) => packed),
  ]);
}

type Ends = readonly [oldest: number | null, newest: number | null];
const ends = 'SELECT (SELECT min(first_seq) FROM events), (SELECT max(last_seq) FROM events)';

export async function nextSeq(session: Session): Promise<number> {
  const [row] = await session.query<Ends>(ends);
  return (row?.[1] ?? 0) + 1;
}

// The requested rows, up to and including the one that exceeds the limit.
const select = `SELECT packed FROM (
    SELECT first_seq, packed, sum(octet_length(packed)) OVER (ORDER BY first_seq) - octet_length(packed) AS before FROM events
    WHERE first_seq >= coalesce((SELECT max(first_seq) FROM events WHERE first_seq <= $1), 0) AND first_seq < $2
    ORDER BY first_seq LIMIT 1000) e
  WHERE before <= ${maxBytes} ORDER BY first_seq`;

export async function readLog(session: Session, from: number, limit: number): Promise<LogPage> {
  const [row] = await session.query<Ends>(ends);
  const next = (row?.[1] ?? 0) + 1;
  const rows = await session.query<[Buffer]>(select, [from, from + limit]);
  const found = { rows: rows.map(([packed]) => packed), oldest: row?.[0] ?? next, next };
  return toLogPage(found, { from, limit, unpack });
}
