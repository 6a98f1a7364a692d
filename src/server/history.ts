import { limits } from '../../schemas/index.ts';
import type { Entry } from './ledger-entry.ts';

/** The newest settled jobs, oldest first, as many as two bounds allow: their number, and the bytes of their output. */
export class History {
  private readonly settled = new Map<string, Entry>();
  private bytes = 0;

  add(entry: Entry): void {
    this.settled.set(keyOf(entry.id, entry.client), entry);
    this.bytes += entry.keptBytes;
    for (const [key, oldest] of this.settled) {
      if (this.settled.size <= limits.maxSettledJobs && this.bytes <= limits.maxSettledOutputBytes) break;
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
