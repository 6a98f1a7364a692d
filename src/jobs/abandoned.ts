import type { JobRecord } from './job-record.ts';
import type { LinkedList } from './linked-list.ts';
import type { Settlement } from './settlement.ts';

const maxAtOnce = 2_000;

/**
 * Waiting commands that will not be sent, each queue with its settlement. They are settled in batches, because settling a
 * hundred thousand at once would block the event loop.
 */
export class Abandoned {
  private readonly queues: { jobs: LinkedList<JobRecord>; settlement: Settlement }[] = [];

  add(jobs: LinkedList<JobRecord>, settlement: Settlement): void {
    if (jobs.size > 0) this.queues.push({ jobs, settlement });
  }

  /** Calls `settle` for the next batch. It must remove the job from its queue. */
  settleSome(settle: (job: JobRecord, settlement: Settlement) => void): void {
    for (let left = maxAtOnce; left > 0; left -= 1) {
      const [queue] = this.queues;
      if (!queue) return;
      const { first } = queue.jobs;
      if (first) settle(first, queue.settlement);
      else this.queues.shift();
    }
  }

  *all(): Generator<JobRecord> {
    for (const { jobs } of this.queues) yield* jobs;
  }
}
