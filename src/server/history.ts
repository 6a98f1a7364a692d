import { limits } from '../../schemas/index.ts';
import type { Entry } from './ledger-entry.ts';

/** The newest settled jobs, oldest first, as many as two bounds allow: their number, and the bytes of their output. */
export class History {
  private readonly settled = new Map<string, Entry>();
  /** Kept between calls: a new iterator would pass the places of all that have gone. */
  private readonly oldestFirst = this.settled.entries();
  private bytes = 0;

  add(entry: Entry): void {
    this.settled.set(keyOf(entry.id, entry.client), entry);
    this.bytes += entry.keptBytes;
    while (this.settled.size > limits.maxSettledJobs || this.bytes > limits.maxSettledOutputBytes) {
      const { value, done } = this.oldestFirst.next();
      if (done) return;
      const [key, oldest] = value;
      this.settled.delete(key);
      this.bytes -= oldest.keptBytes;
    }
  }

  get(id: string, client: string): Entry | undefined {
    return this.settled.get(keyOf(id, client));
  }

  all(): Iterable<Entry> {
    return this.settled.values();
  }
}

const keyOf = (id: string, client: string): string => `${id}/${client}`;
