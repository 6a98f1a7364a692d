import type { Keep, StoredJob } from '../../index.ts';
import { type JobRow, jobColumns, of, submissionColumns, toStoredJobs } from './rows.ts';
import type { Session } from './session.ts';
import { pack } from './values.ts';

/** Of one step: commits wait for it, some ms. */
const maxStep = { jobs: 500, bytes: 4_194_304 };

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

/** Deletes some settled jobs, within a transaction of its caller. @returns the number of jobs that are gone. */
export async function pruneStep(session: Session, { settledBeforeMs, maxBytes }: Keep): Promise<number> {
  type Row = readonly [...JobRow, bytes: number, isAwaited: boolean];
  const gone = await session.query<Row>(deleteOldest, [settledBeforeMs, maxBytes]);
  if (gone.length === 0) return 0;
  const awaited = toStoredJobs(gone.filter((row) => row.at(-1) === true) as unknown as JobRow[]);
  if (awaited.length > 0) await keepForClients(session, awaited);
  const bytes = gone.reduce((sum, row) => sum + Number(row.at(-2)), 0);
  await session.query(deleteEmptied, [[...new Set(gone.map(([number]) => number))], bytes]);
  return gone.length;
}

export async function keepForClients(session: Session, jobs: readonly StoredJob[]): Promise<void> {
  const left = jobs.map((job) => ({ ...job, settlement: { outcome: 'lost' as const } }));
  await session.query(putTombstones, [
    left.map(({ client }) => client),
    left.map(({ submission }) => submission.id),
    left.map(({ bootId }) => bootId ?? ''),
    left.map((job) => pack(job)),
  ]);
}
