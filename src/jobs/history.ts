import { limits } from '../../schemas/index.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';

/** The newest settled jobs, oldest first, bounded by their number and the bytes of their output. */
export class History {
  private readonly oldestFirst = new Set<JobRecord>();
  /** Cached: a new iterator would rescan deleted slots. */
  private readonly oldest = this.oldestFirst.values();
  /** Most commands go to one client and need no map of their own. */
  private readonly lines = new Map<LocalId, JobRecord | Map<string, JobRecord>>();
  private bytes = 0;

  add(job: JobRecord): void {
    this.oldestFirst.add(job);
    this.bytes += job.keptBytes;
    const line = this.lines.get(job.localId);
    if (!line) this.lines.set(job.localId, job);
    else if (line instanceof Map) line.set(job.client, job);
    else {
      const clients = new Map([line, job].map((one) => [one.client, one]));
      this.lines.set(job.localId, clients);
    }
    while (this.oldestFirst.size > limits.maxSettledJobs || this.bytes > limits.maxSettledOutputBytes) {
      const { value, done } = this.oldest.next();
      if (done) return;
      this.forget(value);
    }
  }

  get(localId: LocalId, client: string): JobRecord | undefined {
    const line = this.lines.get(localId);
    if (line instanceof Map) return line.get(client);
    return line?.client === client ? line : undefined;
  }

  all(): Iterable<JobRecord> {
    return this.oldestFirst;
  }

  private forget(job: JobRecord): void {
    this.oldestFirst.delete(job);
    this.bytes -= job.keptBytes;
    const line = this.lines.get(job.localId);
    if (line instanceof Map) line.delete(job.client);
    if (!(line instanceof Map) || line.size === 0) this.lines.delete(job.localId);
  }
}
