import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';

/** Which jobs of a batch wait for their turn, and how many are under way. Called by `Transitions`. */
export class HeldJobs {
  private readonly jobs: KnownJobs;

  constructor(jobs: KnownJobs) {
    this.jobs = jobs;
  }

  /** Its turn has not come. */
  hold(job: JobRecord): void {
    job.details.held = true;
    job.clientJobs.held += 1;
    this.jobs.heldOf(job.submission).add(job);
    if (job.expiresAtMs !== undefined) this.jobs.expiring.add(job);
  }

  /** Its turn has come. */
  release(job: JobRecord): void {
    this.leave(job);
    if (job.submission.batch) job.submission.batch.underWay += 1;
  }

  /** It waits for its turn no more. */
  leave(job: JobRecord): void {
    job.details.held = false;
    job.clientJobs.held -= 1;
    job.list?.remove(job);
  }

  /** A former server has sent it. */
  restored({ submission }: JobRecord): void {
    if (!submission.batch) return;
    this.jobs.heldOf(submission);
    submission.batch.underWay += 1;
  }

  /** It is about to be settled or forgotten. */
  ends({ submission, isHeld }: JobRecord): void {
    if (submission.batch && !isHeld) submission.batch.underWay -= 1;
  }
}
