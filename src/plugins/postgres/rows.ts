import type { Settlement, StoredJob, StoredSubmission } from '../../index.ts';
import { type Blob, fromText, unpack } from './values.ts';

/** Columns in the order of `jobColumns`, then of `submissionColumns`. */
export type JobRow = readonly [
  number: number,
  client: string,
  boot: string | null,
  adopted: boolean,
  takenUp: boolean,
  cancelRequested: boolean,
  place: number | null,
  sentAs: string | null,
  vouched: string | null,
  settledAtMs: number | null,
  settlement: Blob,
  late: Blob,
  id: string,
  command: string,
  kind: 'control' | 'data',
  actor: string | null,
  key: string | null,
  askedHash: string | null,
  submittedAtMs: number,
  expiresAtMs: number | null,
  timeoutMs: number | null,
  traceparent: string | null,
  standing: boolean,
  redacted: string | null,
  batch: string | null,
  targets: string | null,
  auditedArgs: Blob,
  args: Blob,
];

export const jobColumns =
  'number client boot adopted taken_up cancel_requested place sent_as vouched settled_at_ms settlement late'.split(' ');
/** Columns without packed values. */
export const submissionColumns =
  'id command kind actor key asked_hash submitted_at_ms expires_at_ms timeout_ms traceparent standing redacted batch targets'.split(
    ' ',
  );

export const of = (alias: string, columns: readonly string[]): string =>
  columns.map((column) => `${alias}.${column}`).join(', ');

/** Converts rows to jobs. Only the first row of each submission contains the submission. */
export function toStoredJobs(rows: readonly JobRow[], known = new Map<number, StoredSubmission>()): StoredJob[] {
  return rows.map((row) => {
    const submission = known.get(row[0]) ?? toSubmission(row);
    known.set(row[0], submission);
    const [, client, boot, adopted, takenUp, cancelRequested, place, sentAs, vouched, settledAtMs, settlement, late] =
      row;
    return {
      ...{ submission, client, adopted, takenUp, cancelRequested },
      place: place ?? undefined,
      sentAs: sentAs ?? undefined,
      vouched: vouched === null ? undefined : (JSON.parse(vouched) as StoredJob['vouched']),
      bootId: boot ?? undefined,
      settledAtMs: settledAtMs ?? undefined,
      settlement: settlement ? unpack<Settlement>(settlement) : undefined,
      late: late ? unpack<Settlement>(late) : undefined,
    };
  });
}

function toSubmission(row: JobRow): StoredSubmission {
  const [id, command, kind, actor, key, askedHash, submittedAtMs, expiresAtMs, timeoutMs, ...rest] = row.slice(
    12,
  ) as Tail;
  const [traceparent, standing, redacted, batch, targets, auditedArgs, args] = rest;
  return {
    ...{ number: row[0], id, command, kind, submittedAtMs, standing },
    args: args ? unpack(args) : {},
    auditedArgs: auditedArgs ? unpack(auditedArgs) : {},
    redacted: redacted === null ? undefined : (JSON.parse(redacted) as readonly string[]),
    actor: actor === null ? undefined : fromText(actor),
    targets: targets === null ? undefined : (JSON.parse(targets) as readonly string[]),
    key: key === null || askedHash === null ? undefined : { key: fromText(key), askedHash },
    expiresAtMs: expiresAtMs ?? undefined,
    timeoutMs: timeoutMs ?? undefined,
    traceparent: traceparent ?? undefined,
    batch: toBatch(batch),
  };
}

/** `maxFailures` may be absent. */
const toBatch = (json: string | null): StoredSubmission['batch'] =>
  json === null ? undefined : { maxFailures: undefined, ...(JSON.parse(json) as { size: number; failures: number }) };

type Tail = JobRow extends readonly [
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  unknown,
  ...infer Rest,
]
  ? Rest
  : never;
