import type { Keep, StoredJob } from '../../index.ts';
import { type JobRow, jobColumns, of, submissionColumns, toStoredJobs } from './rows.ts';
import type { Session } from './session.ts';
import { pack } from './values.ts';

/** Limits of one step, so that commits wait for it only some ms. Deletion stops after the row that exceeds `bytes`. */
const maxStep = { jobs: 500, events: 2_000, bytes: 4_194_304 };

const deleteOldest = `WITH oldest AS (
    SELECT j.number, j.client, j.settled_at_ms, j.bytes,
      sum(j.bytes) OVER (ORDER BY j.settled_at_ms, j.number, j.client) - j.bytes AS before
    FROM (
      SELECT number, client, settled_at_ms, bytes FROM jobs
      WHERE settled_at_ms IS NOT NULL ORDER BY settled_at_ms, number, client LIMIT ${maxStep.jobs}
    ) j),
  gone AS (
    DELETE FROM jobs j USING oldest o, store
    WHERE j.number = o.number AND j.client = o.client AND o.before <= ${maxStep.bytes}
      AND (o.settled_at_ms < $1 OR o.before < store.used_bytes - $2)
    RETURNING ${of('j', jobColumns)}, j.outcome, j.bytes)
  SELECT ${of('j', jobColumns)}, ${of('s', submissionColumns)}, NULL, NULL, j.bytes,
    j.outcome = 'lost' AND j.late IS NULL AND EXISTS (SELECT 1 FROM clients c WHERE c.name = j.client AND c.boot = j.boot)
  FROM gone j JOIN submissions s ON s.number = j.number`;

const putTombstones = `INSERT INTO tombstones (client, id, boot, job)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
  ON CONFLICT (client, id) DO UPDATE SET boot = excluded.boot, job = excluded.job`;

const deleteEmptied = `WITH emptied AS (
    DELETE FROM submissions s WHERE s.number = ANY($1::bigint[]) AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.number = s.number)
    RETURNING coalesce(octet_length(s.audited_args), 0) AS bytes)
  UPDATE store SET used_bytes = used_bytes - $2 - (SELECT coalesce(sum(bytes), 0) FROM emptied)`;

// Keeps the newest row, because it has the last number. Deletes from the beginning of the log, whatever the times.
const deleteEvents = `WITH oldest AS (
    SELECT first_seq, newest_at_ms, sum(octet_length(packed)) OVER (ORDER BY first_seq) - octet_length(packed) AS before FROM events
    WHERE first_seq < (SELECT max(first_seq) FROM events) ORDER BY first_seq LIMIT ${maxStep.events}),
  due AS (
    SELECT first_seq, bool_and((newest_at_ms < $1 OR before < store.used_bytes - $2) AND before <= ${maxStep.bytes}) OVER (ORDER BY first_seq) AS is_due
    FROM oldest, store),
  gone AS (
    DELETE FROM events e USING due d WHERE e.first_seq = d.first_seq AND d.is_due RETURNING octet_length(e.packed) AS bytes),
  counted AS (SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes FROM gone)
  UPDATE store SET used_bytes = used_bytes - counted.bytes FROM counted RETURNING counted.rows`;

/**
 * Deletes some settled jobs and the events of their time, within a transaction of the caller.
 * @returns the number of deleted jobs and rows of the log.
 */
export async function pruneStep(session: Session, { settledBeforeMs, maxBytes }: Keep): Promise<number> {
  type Row = readonly [...JobRow, bytes: number, isAwaited: boolean];
  const gone = await session.query<Row>(deleteOldest, [settledBeforeMs, maxBytes]);
  // If no jobs are left to delete, the log alone is too large.
  if (gone.length === 0) return await dropEvents(session, settledBeforeMs, maxBytes);
  const awaited = toStoredJobs(gone.filter((row) => row.at(-1) === true) as unknown as JobRow[]);
  if (awaited.length > 0) await keepForClients(session, awaited);
  const bytes = gone.reduce((sum, row) => sum + Number(row.at(-2)), 0);
  await session.query(deleteEmptied, [[...new Set(gone.map(([number]) => number))], bytes]);
  const settledAt = jobColumns.indexOf('settled_at_ms');
  const newestMs = gone.reduce((newest, row) => Math.max(newest, Number(row[settledAt])), settledBeforeMs);
  return gone.length + (await dropEvents(session, newestMs, Number.MAX_SAFE_INTEGER));
}

async function dropEvents(session: Session, beforeMs: number, maxBytes: number): Promise<number> {
  const [row] = await session.query<[number]>(deleteEvents, [beforeMs, maxBytes]);
  return row?.[0] ?? 0;
}

export async function keepForClients(session: Session, jobs: readonly StoredJob[]): Promise<void> {
  const left = jobs.map((job) => ({ ...job, settlement: { outcome: 'lost' as const } }));
  await session.query(putTombstones, [
    left.map(({ client }) => client),
    // Its client asks with the id that it knows.
    left.map(({ submission, sentAs }) => sentAs ?? submission.id),
    left.map(({ bootId }) => bootId ?? ''),
    left.map((job) => pack(job)),
  ]);
}
