import type { Job } from './job.ts';

/**
 * The outcomes that are held for stores other than that of the session, in the order in which their jobs ended. They
 * are kept for `forgetAfterMs`, and give way to outcomes of this session where there is no more room.
 */
export class OutcomesElsewhere {
  private readonly jobs = new Set<Job>();
  private readonly forgetAfterMs: number;
  private readonly forget: (job: Job) => void;
  private forgotten = 0;

  /** @param forget forgets a job, also here, by `delete`. */
  constructor(forgetAfterMs: number, forget: (job: Job) => void) {
    this.forgetAfterMs = forgetAfterMs;
    this.forget = forget;
  }

  get size(): number {
    return this.jobs.size;
  }

  /** A session begins, in which these are not listed. */
  begin(jobs: readonly Job[]): void {
    this.jobs.clear();
    const settled = jobs.filter(({ settledAtMs }) => settledAtMs !== undefined);
    settled.sort((a, b) => (a.settledAtMs ?? 0) - (b.settledAtMs ?? 0));
    for (const job of settled) this.jobs.add(job);
  }

  add(job: Job): void {
    this.jobs.add(job);
  }

  delete(job: Job): void {
    this.jobs.delete(job);
  }

  /** Forgets the oldest one. @returns whether there was one. */
  giveWay(): boolean {
    const [oldest] = this.jobs;
    if (oldest) this.drop(oldest);
    return oldest !== undefined;
  }

  /** Forgets those that are due. @returns how many were forgotten since the last time. */
  tick(nowMs: number): number {
    for (const job of this.jobs) {
      if ((job.settledAtMs ?? nowMs) + this.forgetAfterMs > nowMs) break;
      this.drop(job);
    }
    const { forgotten } = this;
    this.forgotten = 0;
    return forgotten;
  }

  private drop(job: Job): void {
    this.forgotten += 1;
    this.forget(job);
  }
}
