import type { JobRecord } from './job-record.ts';
import type { Settlement } from './settlement.ts';

const maxAtOnce = 2_000;

/**
 * Waiting commands that will not be sent, each queue with its settlement. They are settled in batches: settling a
 * hundred thousand at once would block the event loop.
 */
export class Abandoned {
  private readonly queues: { jobs: Iterator<JobRecord>; settlement: Settlement }[] = [];

  add(jobs: Set<JobRecord>, settlement: Settlement): void {
    if (jobs.size > 0) this.queues.push({ jobs: jobs.values(), settlement });
  }

  /** Calls `settle` for the next batch; jobs settled meanwhile are skipped. */
  settleSome(settle: (job: JobRecord, settlement: Settlement) => void): void {
    for (let left = maxAtOnce; left > 0; left -= 1) {
      const [queue] = this.queues;
      if (!queue) return;
      const { value, done } = queue.jobs.next();
      if (done) this.queues.shift();
      else if (value.state !== 'settled') settle(value, queue.settlement);
    }
  }
}
