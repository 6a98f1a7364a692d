import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';

/** Jobs of batches that wait for their turn, and the number in progress. Called by `Transitions`. */
export class HeldJobs {
  private readonly jobs: KnownJobs;

  constructor(jobs: KnownJobs) {
    this.jobs = jobs;
  }

  /** The job has to wait for its turn. */
  hold(job: JobRecord): void {
    job.details.held = true;
    job.clientJobs.held += 1;
    this.jobs.heldOf(job.submission).add(job);
    if (job.expiresAtMs !== undefined) this.jobs.expiring.add(job);
  }

  /** It is the turn of the job. */
  release(job: JobRecord): void {
    this.leave(job);
    if (job.submission.batch) job.submission.batch.underWay += 1;
  }

  /** The job no longer waits for its turn. */
  leave(job: JobRecord): void {
    job.details.held = false;
    job.clientJobs.held -= 1;
    job.list?.remove(job);
  }

  /** An earlier server has sent the job. */
  restored({ submission }: JobRecord): void {
    if (!submission.batch) return;
    this.jobs.heldOf(submission);
    submission.batch.underWay += 1;
  }

  /** The job is about to be settled or forgotten. */
  ends({ submission, isHeld }: JobRecord): void {
    if (submission.batch && !isHeld) submission.batch.underWay -= 1;
  }
}
