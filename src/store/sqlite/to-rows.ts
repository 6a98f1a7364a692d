import type { OutputRun } from '../../kept-output.ts';
import type { Change, StoredClient, StoredJob, StoredSubmission } from '../stored-job.ts';
import type { Blob, ChangeRow, ClientRow, JobRow, PlainRow, SubmissionRow } from './rows.ts';
import { pack } from './values.ts';

const packObject = (value: object): Blob => (isEmpty(value) ? null : pack(value));

/** Avoids the array that `Object.keys` creates, because this is called for each job. */
function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

const textOf = (labels: StoredJob['vouched']): string | null => (labels ? JSON.stringify(labels) : null);

export const packOutput = (runs: readonly OutputRun[]): Blob => (runs.length === 0 ? null : pack(runs));

/** @param ownPrefix of the ids that the holder creates. */
export function toChangeRow(change: Change, ownPrefix: string): ChangeRow {
  if (change.type === 'submitted') {
    const { submission, jobs } = change;
    const [first] = jobs;
    const isPlain = first && jobs.length === 1 && submission.id.startsWith(ownPrefix) && isUsual(submission, first);
    if (isPlain) return ['plain', toPlainRow(submission, first)];
    return ['submitted', toSubmissionRow(submission), jobs.map((job) => toJobRow(submission.number, job))];
  }
  if (change.type === 'client') {
    return ['client', toClientRow(change.client)];
  }
  if (change.type === 'client-forgotten') return ['client-forgotten', change.name];
  const { id, client } = change.job;
  if (change.type === 'placed')
    return ['placed', id, client, change.client, change.bootId, change.sentAs, textOf(change.vouched)];
  if (change.type === 'bound') return ['bound', id, client, change.bootId, change.sentAs ?? null];
  if (change.type === 'cancel-requested') return ['cancel-requested', id, client];
  if (change.type === 'batch') return ['batch', id, client, JSON.stringify(change.batch)];
  const { settlement } = change;
  const output = packOutput(change.output);
  if (change.type === 'late') return ['late', id, client, pack(settlement), output];
  return ['settled', id, client, settlement.outcome, pack(settlement), change.atMs, output, change.isLast];
}

function isUsual(submission: StoredSubmission, job: StoredJob): boolean {
  const { key, redacted, expiresAtMs, timeoutMs, traceparent, standing, batch } = submission;
  if (key !== undefined || redacted !== undefined || expiresAtMs !== undefined || timeoutMs !== undefined) return false;
  if (traceparent !== undefined || standing || batch) return false;
  return !(job.vouched || job.adopted || job.takenUp || job.cancelRequested || job.settlement);
}

function toPlainRow(submission: StoredSubmission, { client, bootId }: StoredJob): PlainRow {
  const { number, id, command, kind, args, auditedArgs, actor, submittedAtMs } = submission;
  const packed = packObject(args);
  const audited = auditedArgs === args ? packed : packObject(auditedArgs);
  return [number, id, command, kind, actor ?? null, submittedAtMs, audited, packed, client, bootId ?? null];
}

export const toClientRow = ({ name, bootId, named, seenAtMs, about }: StoredClient): ClientRow => [
  ...([name, bootId, Number(named), seenAtMs] as const),
  about ? JSON.stringify(about) : null,
];

export function toSubmissionRow(submission: StoredSubmission): SubmissionRow {
  const { number, id, command, kind, args, auditedArgs, actor, key, submittedAtMs, standing } = submission;
  const packed = packObject(args);
  return [
    number,
    id,
    command,
    kind,
    actor ?? null,
    key?.key ?? null,
    key?.askedHash ?? null,
    submittedAtMs,
    submission.expiresAtMs ?? null,
    submission.timeoutMs ?? null,
    submission.traceparent ?? null,
    Number(standing),
    submission.redacted ? JSON.stringify(submission.redacted) : null,
    submission.batch ? JSON.stringify(submission.batch) : null,
    submission.targets ? JSON.stringify(submission.targets) : null,
    auditedArgs === args ? packed : packObject(auditedArgs),
    packed,
  ];
}

export const toJobRow = (number: number, job: StoredJob): JobRow => [
  number,
  job.client,
  job.bootId ?? null,
  Number(job.adopted),
  Number(job.takenUp),
  Number(job.cancelRequested),
  job.place ?? null,
  job.sentAs ?? null,
  textOf(job.vouched),
  job.settledAtMs ?? null,
  job.settlement?.outcome ?? null,
  job.settlement ? pack(job.settlement) : null,
  job.late ? pack(job.late) : null,
];

/** Approximate size of its packed values. */
export function bytesOf(row: ChangeRow): number {
  let bytes = 100;
  for (const value of row) if (value instanceof Uint8Array) bytes += value.length;
  if (row[0] === 'plain') return bytes + 100 + (row[1][6]?.length ?? 0) + (row[1][7]?.length ?? 0);
  if (row[0] !== 'submitted') return bytes;
  const [, submission, jobs] = row;
  const args = submission.at(-1) as Blob;
  return bytes + (args?.length ?? 0) + 100 * jobs.length;
}
