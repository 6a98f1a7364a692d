import { SignalboxError } from '../../../schemas/index.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import type { OutputRun } from '../../kept-output.ts';
import type { ClientAbout, StoredClient, StoredJob, StoredSubmission } from '../stored-job.ts';
import type { Blob, ClientRow, JobRow, JobRows, SubmissionRow } from './rows.ts';
import { unpack } from './values.ts';

/** @returns the jobs in the order of their rows. */
export function toStoredJobs({ submissions, jobs }: JobRows): StoredJob[] {
  const byNumber = new Map(submissions.map((row) => [row[0], toSubmission(row)]));
  return jobs.flatMap((row) => {
    const submission = byNumber.get(row[0]);
    return submission ? [toStoredJob(submission, row)] : [];
  });
}

export function toSubmission(row: SubmissionRow): StoredSubmission {
  const [number, id, command, kind, actor, key, askedHash, submittedAtMs, expiresAtMs, timeoutMs, ...rest] = row;
  const [traceparent, standing, redacted, batch, targets, auditedArgs, args] = rest;
  return {
    number,
    id,
    command,
    kind,
    args: unpackObject(args),
    auditedArgs: unpackObject(auditedArgs),
    redacted: redacted === null ? undefined : (JSON.parse(redacted) as readonly string[]),
    actor: actor ?? undefined,
    key: key === null || askedHash === null ? undefined : { key, askedHash },
    submittedAtMs,
    expiresAtMs: expiresAtMs ?? undefined,
    timeoutMs: timeoutMs ?? undefined,
    traceparent: traceparent ?? undefined,
    standing: standing === 1,
    batch: toBatch(batch),
    targets: targets === null ? undefined : (JSON.parse(targets) as readonly string[]),
  };
}

/** `maxFailures` may be absent. */
const toBatch = (json: string | null): StoredSubmission['batch'] =>
  json === null ? undefined : { maxFailures: undefined, ...(JSON.parse(json) as { size: number; failures: number }) };

export function toStoredJob(submission: StoredSubmission, row: JobRow): StoredJob {
  const [, client, boot, adopted, takenUp, cancelRequested, place, sentAs, vouched, settledAtMs, , settlement, late] =
    row;
  return {
    submission,
    client,
    place: place ?? undefined,
    sentAs: sentAs ?? undefined,
    vouched: vouched === null ? undefined : (JSON.parse(vouched) as StoredJob['vouched']),
    bootId: boot ?? undefined,
    adopted: adopted === 1,
    takenUp: takenUp === 1,
    cancelRequested: cancelRequested === 1,
    settledAtMs: settledAtMs ?? undefined,
    settlement: unpackSettlement(settlement),
    late: unpackSettlement(late),
  };
}

export const toStoredClient = ([name, bootId, named, seenAtMs, about]: ClientRow): StoredClient => ({
  name,
  bootId,
  named: named === 1,
  seenAtMs,
  ...(about !== null && { about: JSON.parse(about) as ClientAbout }),
});

export const toOutput = (runs: Blob): readonly OutputRun[] =>
  runs === null ? [] : (read(runs) as readonly OutputRun[]);

/** @throws SignalboxError `bad_store`: SQLite detects damaged pages, but not damaged values. */
function read(packed: Uint8Array): unknown {
  try {
    return unpack(packed);
  } catch (cause) {
    throw new SignalboxError('bad_store', 'a value in the store is damaged; restore a backup', { cause });
  }
}

const unpackObject = (packed: Blob): Readonly<Record<string, unknown>> =>
  packed === null ? {} : (read(packed) as Readonly<Record<string, unknown>>);

const unpackSettlement = (packed: Blob): Settlement | undefined =>
  packed === null ? undefined : (read(packed) as Settlement);
