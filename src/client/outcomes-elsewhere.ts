import type { Job } from './job.ts';

/**
 * Outcomes held for stores other than that of the session, in the order in which their jobs ended. They are kept for
 * `forgetAfterMs`. If there is no more room, they are forgotten in favour of outcomes for this session.
 */
export class OutcomesElsewhere {
  private readonly jobs = new Set<Job>();
  private readonly forgetAfterMs: number;
  private readonly forget: (job: Job) => void;
  private forgotten = 0;

  /** @param forget must forget the job, which includes calling `delete` here. */
  constructor(forgetAfterMs: number, forget: (job: Job) => void) {
    this.forgetAfterMs = forgetAfterMs;
    this.forget = forget;
  }

  get size(): number {
    return this.jobs.size;
  }

  /** Begins a session in which these jobs are not listed. */
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

  /** Forgets the oldest outcome. @returns whether there was one. */
  giveWay(): boolean {
    const [oldest] = this.jobs;
    if (oldest) this.drop(oldest);
    return oldest !== undefined;
  }

  /** Forgets outcomes that are due. @returns the number forgotten since the last call. */
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
