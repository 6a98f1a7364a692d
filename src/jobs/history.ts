import { limits } from '../../schemas/index.ts';
import type { JobRecord } from './job-record.ts';

/** The newest settled jobs, oldest first, as many as two bounds allow: their number, and the bytes of their output. */
export class History {
  private readonly oldestFirst = new Set<JobRecord>();
  /** Cached: a new iterator would rescan deleted slots. */
  private readonly oldest = this.oldestFirst.values();
  /** By id. Most lines go to one client, and need no map of their own. */
  private readonly lines = new Map<string, JobRecord | Map<string, JobRecord>>();
  private bytes = 0;

  add(entry: JobRecord): void {
    this.oldestFirst.add(entry);
    this.bytes += entry.keptBytes;
    const line = this.lines.get(entry.id);
    if (!line) this.lines.set(entry.id, entry);
    else if (line instanceof Map) line.set(entry.client, entry);
    else {
      const clients = new Map([line, entry].map((one) => [one.client, one]));
      this.lines.set(entry.id, clients);
    }
    while (this.oldestFirst.size > limits.maxSettledJobs || this.bytes > limits.maxSettledOutputBytes) {
      const { value, done } = this.oldest.next();
      if (done) return;
      this.forget(value);
    }
  }

  get(id: string, client: string): JobRecord | undefined {
    const line = this.lines.get(id);
    if (line instanceof Map) return line.get(client);
    return line?.client === client ? line : undefined;
  }

  all(): Iterable<JobRecord> {
    return this.oldestFirst;
  }

  private forget(entry: JobRecord): void {
    this.oldestFirst.delete(entry);
    this.bytes -= entry.keptBytes;
    const line = this.lines.get(entry.id);
    if (line instanceof Map) line.delete(entry.client);
    if (!(line instanceof Map) || line.size === 0) this.lines.delete(entry.id);
  }
}
