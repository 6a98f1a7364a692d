import { monotonicMs } from '../../clock.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { FormerJob, FormerSubmission } from '../../jobs/restoration.ts';
import type { Submission } from '../../jobs/submission.ts';
import type { StoredJob, StoredJobKey, StoredSubmission } from '../../store/stored-job.ts';
import { fromStoredArgs, storedArgs } from './stored-args.ts';

/** Converts from the monotonic clock of the job table to ms since the epoch, as used by stores. */
export const epochMsOf = (atMs: number): number => Math.round(atMs - monotonicMs() + Date.now());

export const keyOf = ({ id, client }: JobRecord): StoredJobKey => ({ id, client });

/** Converts a submission to its stored form. */
export function storedSubmission(submission: Submission<JobRecord>): StoredSubmission {
  const { number, id, command, kind, auditedArgs, redacted, actor, key, timeoutMs, traceparent } = submission;
  const { submittedAtMs = Date.now(), expiresAtMs, standing, batch, targets } = submission;
  return {
    ...{ number, id, command, kind, auditedArgs, redacted, actor, key, timeoutMs, traceparent, standing, targets },
    args: storedArgs(submission),
    submittedAtMs,
    expiresAtMs: expiresAtMs === undefined ? undefined : epochMsOf(expiresAtMs),
    batch: batch?.state,
  };
}

/** Converts a new job to its stored form. Its outcome follows as a separate change. */
export const newJob = (submission: StoredSubmission, job: JobRecord): StoredJob => ({
  submission,
  client: job.client,
  place: job.place,
  sentAs: job.sentAs,
  vouched: job.vouched,
  bootId: job.bootId,
  adopted: job.adopted,
  takenUp: job.takenUp,
  cancelRequested: job.cancelRequested,
  settledAtMs: undefined,
  settlement: undefined,
  late: undefined,
});

/** Groups stored jobs by submission, in order, for the job table. */
export function formerOf(stored: readonly StoredJob[]): FormerSubmission[] {
  const former = new Map<string, { of: StoredSubmission; jobs: FormerJob[]; adopted: boolean }>();
  for (const { submission, adopted, ...job } of stored) {
    const known = former.get(submission.id);
    if (known) known.jobs.push(job);
    else former.set(submission.id, { of: submission, jobs: [job], adopted });
  }
  const nowMs = Date.now();
  return [...former.values()].map(({ of, jobs, adopted }) => {
    const { id, number, submittedAtMs, expiresAtMs, args, ...rest } = of;
    const expiresInMs = expiresAtMs === undefined ? undefined : expiresAtMs - nowMs;
    const submitted = { ...rest, ...fromStoredArgs(args), expiresInMs, ...(adopted && { origin: 'other' as const }) };
    return { id, number, submittedAtMs, submitted, jobs };
  });
}
