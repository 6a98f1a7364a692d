import type { Event } from '../jobs/events.ts';
import type { EventReader } from '../plugin/job-service.ts';

const done = { value: undefined, done: true } as const;

/** Returns the events of a separate stream, one at a time. It does not make clients keep anything. */
export class RemoteReader implements EventReader {
  private readonly batches: AsyncGenerator<Event[], void, undefined>;
  private readonly leaving = new AbortController();
  /** In reverse order. */
  private batch: Event[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  constructor(open: (ended: AbortSignal) => AsyncGenerator<Event[], void, undefined>, signal?: AbortSignal) {
    this.batches = open(signal ? AbortSignal.any([this.leaving.signal, signal]) : this.leaving.signal);
  }

  next(): Promise<IteratorResult<Event, void>> {
    const next = this.turn.then(() => this.step());
    this.turn = next.catch(() => {});
    return next;
  }

  hold(): () => void {
    return () => {};
  }

  async return(): Promise<IteratorResult<Event, void>> {
    this.leaving.abort();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async step(): Promise<IteratorResult<Event, void>> {
    while (this.batch.length === 0 && !this.leaving.signal.aborted) {
      const { value, done: isOver } = await this.batches.next();
      if (isOver || !value) return done;
      this.batch = value.toReversed();
    }
    const value = this.leaving.signal.aborted ? undefined : this.batch.pop();
    return value ? { value, done: false } : done;
  }
}
