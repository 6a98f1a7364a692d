import { limits } from '../../schemas/limits.ts';
import type { JobRecord } from './job-record.ts';
import { LinkedList } from './linked-list.ts';

/** The newest settled jobs, oldest first, bounded by their number and the bytes of their output. */
export class History {
  private readonly oldestFirst = new LinkedList<JobRecord>();
  private readonly onForgotten: (job: JobRecord) => void;
  private bytes = 0;

  constructor(onForgotten: (job: JobRecord) => void) {
    this.onForgotten = onForgotten;
  }

  add(job: JobRecord): void {
    this.oldestFirst.add(job);
    this.bytes += job.keptBytes;
    while (this.oldestFirst.size > limits.maxSettledJobs || this.bytes > limits.maxSettledOutputBytes) {
      const { first } = this.oldestFirst;
      if (!first) return;
      this.oldestFirst.remove(first);
      this.bytes -= first.keptBytes;
      this.onForgotten(first);
    }
  }

  all(): Iterable<JobRecord> {
    return this.oldestFirst;
  }
}
