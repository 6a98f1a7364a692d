import type { LoggedEvent } from '../../jobs/events.ts';
import type { LogPage } from '../job-store.ts';

/** About as many as the settled jobs that are kept, because their results take memory anyway. */
const maxEvents = 20_000;

/** The newest events of a log in memory. */
export class RecentEvents {
  private kept: LoggedEvent[] = [];
  private nextSeq: number;

  constructor(nextSeq = 1) {
    this.nextSeq = nextSeq;
  }

  get next(): number {
    return this.nextSeq;
  }

  add(event: LoggedEvent): void {
    this.kept.push(event);
    this.nextSeq = event.seq + 1;
    // Not for each event, because shifting an array copies it.
    if (this.kept.length > maxEvents) this.kept = this.kept.slice(-maxEvents / 2);
  }

  /** @returns the number of removed events. */
  dropBefore(atMs: number): number {
    const { length } = this.kept;
    const first = this.kept.findIndex((event) => event.atMs >= atMs);
    this.kept = first < 0 ? [] : this.kept.slice(first);
    return length - this.kept.length;
  }

  async events(from: number, limit: number): Promise<LogPage> {
    const oldest = this.kept[0]?.seq ?? this.nextSeq;
    const start = Math.max(0, from - oldest);
    return { events: this.kept.slice(start, start + limit), oldest, next: this.nextSeq };
  }
}
