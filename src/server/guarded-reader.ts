import type { Event } from '../jobs/events.ts';
import type { EventReader } from '../plugin/job-service.ts';

/** A reader that the interceptors still decide about: events wait meanwhile. Where they refuse it, `next` rejects. */
export class GuardedReader implements EventReader {
  private readonly allowed: Promise<EventReader>;
  private reader: EventReader;

  /** @param allowed resolves with `reader`, or with what an interceptor has made of it. */
  constructor(reader: EventReader, allowed: Promise<EventReader>) {
    this.reader = reader;
    this.allowed = allowed.then(
      (given) => {
        this.reader = given;
        return given;
      },
      async (error) => {
        await reader[Symbol.asyncDispose]();
        throw error;
      },
    );
    this.allowed.catch(() => {});
  }

  async next(): Promise<IteratorResult<Event, void>> {
    return (await this.allowed).next();
  }

  hold(): () => void {
    return this.reader.hold();
  }

  async return(): Promise<IteratorResult<Event, void>> {
    await this.reader[Symbol.asyncDispose]();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.reader[Symbol.asyncDispose]());
  }
}
