import { SignalboxError } from '../../schemas/index.ts';
import type { Event } from '../jobs/events.ts';
import type { EventReader } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';

export type EventLog = Pick<JobStore, 'events'>;

/** Maximum number of events per page. */
const maxEvents = 1_000;

/** Reads earlier events from the log, then new events as they happen. */
export class ResumedReader implements EventReader {
  readonly first: number;
  private readonly live: EventReader;
  private readonly log: EventLog;
  /** Number of the last event before those of `live`. */
  private readonly upTo: number;
  private from: number;
  /** In reverse order. */
  private page: Event[] = [];
  private hasChecked = false;
  private hasLeft = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(live: EventReader, { log, from, upTo }: { log: EventLog; from: number; upTo: number }) {
    this.live = live;
    this.log = log;
    this.from = from;
    this.first = from;
    this.upTo = upTo;
  }

  next(): Promise<IteratorResult<Event, void>> {
    const next = this.turn.then(() => this.step());
    this.turn = next.catch(() => {});
    return next;
  }

  hold(): () => void {
    return this.live.hold();
  }

  async return(): Promise<IteratorResult<Event, void>> {
    this.hasLeft = true;
    await this.live[Symbol.asyncDispose]();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async step(): Promise<IteratorResult<Event, void>> {
    if (!this.hasChecked || (this.page.length === 0 && this.from <= this.upTo)) await this.load();
    const value = this.hasLeft ? undefined : this.page.pop();
    return value ? { value, done: false } : await this.live.next();
  }

  private async load(): Promise<void> {
    if (this.hasLeft) return;
    const { from, upTo } = this;
    try {
      const { events, oldest } = await this.log.events(from, maxEvents);
      if (from < oldest || from > upTo + 1) throw gone(from, oldest, upTo);
      this.page = events.filter(({ seq }) => seq <= upTo).reverse();
      this.from = from + events.length;
      this.hasChecked = true;
    } catch (error) {
      await this.return();
      throw error;
    }
  }
}

function gone(from: number, oldest: number, newest: number): SignalboxError {
  const has = oldest > newest ? `starts with event ${oldest}` : `contains events ${oldest} to ${newest}`;
  return new SignalboxError('gone', `event ${from} is not in the log, which ${has}`);
}
