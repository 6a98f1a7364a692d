import type { JobRecord } from './job-record.ts';
import type { Settlement } from './settlement.ts';

const maxAtOnce = 2_000;

/**
 * Commands that waited and will not be sent any more, each queue with how it ends. They are settled some at a time: to
 * settle a hundred thousand at once would keep everybody else waiting.
 */
export class Abandoned {
  private readonly queues: { jobs: Iterator<JobRecord>; settlement: Settlement }[] = [];

  add(jobs: Set<JobRecord>, settlement: Settlement): void {
    if (jobs.size > 0) this.queues.push({ jobs: jobs.values(), settlement });
  }

  /** Calls `settle` for the next ones; what has been settled otherwise meanwhile is passed over. */
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
