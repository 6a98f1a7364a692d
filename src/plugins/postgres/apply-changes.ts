import type { OutputRun, StoredJob, StoredSubmission } from '../../index.ts';
import { jobColumns, submissionColumns } from './rows.ts';
import type { Segment } from './segments.ts';
import type { Session } from './session.ts';
import { type Blob, pack, packObject, toText } from './values.ts';

export const packOutput = (runs: readonly OutputRun[]): Blob => (runs.length === 0 ? null : pack(runs));

const textOf = (labels: StoredJob['vouched']): string | null => (labels ? JSON.stringify(labels) : null);

const submissionTypes = [
  'bigint',
  ...'text text text text text text float8 float8 float8 text bool text text text bytea bytea'.split(' '),
];
const jobTypes = 'bigint text text bool bool bool int text text float8 bytea bytea text text bytea'.split(' ');
const unnest = (types: readonly string[]): string => types.map((type, at) => `$${at + 1}::${type}[]`).join(', ');

// A submission that exists gets further jobs.
const insertSubmissions = `WITH made AS (
    INSERT INTO submissions (number, ${submissionColumns.join(', ')}, audited_args, args, newest_ms)
    SELECT s.*, greatest(max(s.submitted_at_ms) OVER (ORDER BY s.number),
      (SELECT newest_ms FROM submissions ORDER BY number DESC LIMIT 1))
    FROM unnest(${unnest(submissionTypes)}) AS s(number, ${submissionColumns.join(', ')})
    WHERE EXISTS (SELECT 1 FROM jobs j WHERE j.number = s.number)
    ON CONFLICT DO NOTHING RETURNING octet_length(audited_args) AS bytes)
  UPDATE store SET used_bytes = used_bytes + (SELECT coalesce(sum(bytes), 0) FROM made)`;
const insertJobs = `WITH made AS (
    INSERT INTO jobs (${jobColumns.join(', ')}, id, outcome, output) SELECT * FROM unnest(${unnest(jobTypes)})
    ON CONFLICT DO NOTHING RETURNING bytes)
  UPDATE store SET used_bytes = used_bytes + (SELECT coalesce(sum(bytes), 0) FROM made)`;

const ofOpenJob = 'j.id = x.id AND j.client = x.client AND j.outcome IS NULL';
const bind = `UPDATE jobs j SET boot = x.boot, sent_as = coalesce(x.sent_as, j.sent_as)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS x(id, client, boot, sent_as)
  WHERE ${ofOpenJob}`;
const place = `UPDATE jobs j SET client = x.name, boot = x.boot, sent_as = x.sent_as, vouched = x.vouched
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS x(id, client, name, boot, sent_as, vouched)
  WHERE ${ofOpenJob} AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.id = x.id AND o.client = x.name)`;
const cancel = `UPDATE jobs j SET cancel_requested = true FROM unnest($1::text[], $2::text[]) AS x(id, client)
  WHERE ${ofOpenJob}`;
const settle = `WITH settled AS (
    UPDATE jobs j SET outcome = x.outcome, settlement = x.settlement, settled_at_ms = x.at_ms, output = x.output
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::float8[], $6::bytea[], $7::bool[])
      AS x(id, client, outcome, settlement, at_ms, output, is_last)
    WHERE ${ofOpenJob} RETURNING j.number, j.bytes, x.is_last),
  dropped AS (
    UPDATE submissions SET args = NULL
    WHERE number IN (SELECT number FROM settled WHERE is_last) AND args IS NOT NULL)
  UPDATE store SET used_bytes = used_bytes + (SELECT coalesce(sum(bytes - 400), 0) FROM settled)`;
const setBatch = `UPDATE submissions s SET batch = x.batch
  FROM unnest($1::text[], $2::text[], $3::text[]) AS x(id, client, batch) JOIN jobs j ON j.id = x.id AND j.client = x.client
  WHERE s.number = j.number`;
const settleLate = `WITH old AS (
    SELECT j.number, j.client, j.bytes, x.late, x.output
    FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) AS x(id, client, late, output)
    JOIN jobs j ON j.id = x.id AND j.client = x.client AND j.outcome = 'lost' AND j.late IS NULL),
  changed AS (
    UPDATE jobs j SET late = old.late, output = old.output FROM old
    WHERE j.number = old.number AND j.client = old.client RETURNING j.bytes - old.bytes AS more)
  UPDATE store SET used_bytes = used_bytes + (SELECT coalesce(sum(more), 0) FROM changed)`;

const putClients = `INSERT INTO clients (name, boot, named, seen_at_ms, about)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bool[], $4::float8[], $5::text[])
  ON CONFLICT (name) DO UPDATE SET boot = excluded.boot, named = excluded.named, seen_at_ms = excluded.seen_at_ms,
    about = excluded.about`;
// Only the newest process of a client can still report its jobs.
const dropTombstones = `DELETE FROM tombstones t USING unnest($1::text[], $2::text[]) AS x(client, boot)
  WHERE t.client = x.client AND t.boot <> x.boot`;

/** Applies changes within a transaction of the caller. The number of statements does not depend on the number of rows. */
export async function applySegment(session: Session, segment: Segment): Promise<void> {
  const { submissions, jobs, placed, bound, cancelled, settled, late, batches, clients } = segment;
  const keys = (changes: readonly { readonly job: { readonly id: string; readonly client: string } }[]) => [
    changes.map(({ job }) => job.id),
    changes.map(({ job }) => job.client),
  ];
  if (jobs.length > 0) await insert(session, submissions, jobs);
  if (placed.length > 0) {
    const names = placed.map(({ client }) => client);
    const sentAs = placed.map((change) => change.sentAs);
    const vouched = placed.map((change) => textOf(change.vouched));
    await session.query(place, [...keys(placed), names, placed.map(({ bootId }) => bootId), sentAs, vouched]);
  }
  if (bound.length > 0) {
    const sentAs = bound.map((change) => change.sentAs ?? null);
    await session.query(bind, [...keys(bound), bound.map(({ bootId }) => bootId), sentAs]);
  }
  if (cancelled.length > 0) await session.query(cancel, keys(cancelled));
  if (settled.length > 0) {
    await session.query(settle, [
      ...keys(settled),
      settled.map(({ settlement }) => settlement.outcome),
      settled.map(({ settlement }) => pack(settlement)),
      settled.map(({ atMs }) => atMs),
      settled.map(({ output }) => packOutput(output)),
      settled.map(({ isLast }) => isLast),
    ]);
  }
  if (late.length > 0) {
    const packed = late.map(({ settlement }) => pack(settlement));
    await session.query(settleLate, [...keys(late), packed, late.map(({ output }) => packOutput(output))]);
  }
  if (batches.size > 0) {
    const newest = [...batches.values()];
    await session.query(setBatch, [...keys(newest), newest.map(({ batch }) => JSON.stringify(batch))]);
  }
  if (clients.size > 0) await changeClients(session, clients);
}

/** @param outputs output of the jobs that have ended. */
export async function insert(
  session: Session,
  submissions: readonly StoredSubmission[],
  jobs: readonly StoredJob[],
  outputs: readonly Blob[] = [],
): Promise<void> {
  await session.query(
    insertJobs,
    columnsOf(
      jobTypes.length,
      jobs.map((job, at) => [
        job.submission.number,
        job.client,
        job.bootId ?? null,
        job.adopted,
        job.takenUp,
        job.cancelRequested,
        job.place ?? null,
        job.sentAs ?? null,
        textOf(job.vouched),
        job.settledAtMs ?? null,
        job.settlement ? pack(job.settlement) : null,
        job.late ? pack(job.late) : null,
        job.submission.id,
        job.settlement?.outcome ?? null,
        outputs[at] ?? null,
      ]),
    ),
  );
  await session.query(insertSubmissions, columnsOf(submissionTypes.length, submissions.map(submissionRow)));
}

const submissionRow = (submission: StoredSubmission): readonly (string | number | boolean | Blob)[] => [
  submission.number,
  submission.id,
  submission.command,
  submission.kind,
  submission.actor === undefined ? null : toText(submission.actor),
  submission.key ? toText(submission.key.key) : null,
  submission.key?.askedHash ?? null,
  submission.submittedAtMs,
  submission.expiresAtMs ?? null,
  submission.timeoutMs ?? null,
  submission.traceparent ?? null,
  submission.standing,
  submission.redacted ? JSON.stringify(submission.redacted) : null,
  submission.batch ? JSON.stringify(submission.batch) : null,
  submission.targets ? JSON.stringify(submission.targets) : null,
  packObject(submission.auditedArgs),
  packObject(submission.args),
];

/** Rows as one array for each column. */
const columnsOf = <Cell>(width: number, rows: readonly (readonly Cell[])[]): Cell[][] =>
  Array.from({ length: width }, (_, at) => rows.map((row) => row[at] as Cell));

async function changeClients(session: Session, clients: Segment['clients']): Promise<void> {
  const known = [...clients.values()].filter((client) => client !== undefined);
  await session.query(putClients, [
    known.map(({ name }) => name),
    known.map(({ bootId }) => bootId),
    known.map(({ named }) => named),
    known.map(({ seenAtMs }) => seenAtMs),
    known.map(({ about }) => (about ? JSON.stringify(about) : null)),
  ]);
  const forgotten = [...clients.keys()].filter((name) => !clients.get(name));
  if (forgotten.length > 0) await session.query('DELETE FROM clients WHERE name = ANY($1)', [forgotten]);
  const names = [...clients.keys()];
  await session.query(dropTombstones, [names, names.map((name) => clients.get(name)?.bootId ?? '')]);
}
