import type { Event } from '../jobs/events.ts';
import type { EventReader } from '../plugin/job-service.ts';

/**
 * A reader that queues events until the interceptors have decided. If they refuse, `next` rejects. Disposing it ends
 * the wait for their decision.
 */
export class GuardedReader implements EventReader {
  /** The reader of the server. Events that it has not taken stay at the clients, even if an interceptor wraps it. */
  private readonly own: EventReader;
  private readonly decided = Promise.withResolvers<AsyncIterator<Event, void>>();
  private given: AsyncIterator<Event, void> & Partial<EventReader>;

  /** @param allowed resolves with `own`, or with a wrapper of an interceptor, such as an async generator. */
  constructor(own: EventReader, allowed: Promise<AsyncIterator<Event, void>>, signal: AbortSignal | undefined) {
    this.own = own;
    this.given = own;
    const { decided } = this;
    // The reader has ended by then and has no more events.
    const leave = () => decided.resolve(own);
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    decided.promise.catch(() => {});
    void this.decide(allowed).finally(() => signal?.removeEventListener('abort', leave));
  }

  get first(): number | undefined {
    return this.own.first;
  }

  async next(): Promise<IteratorResult<Event, void>> {
    return (await this.decided.promise).next();
  }

  hold(): () => void {
    return this.given.hold ? this.given.hold() : this.own.hold();
  }

  async return(): Promise<IteratorResult<Event, void>> {
    await this[Symbol.asyncDispose]();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.decided.resolve(this.own);
    // First, because a wrapper may be waiting for its next event.
    await this.own[Symbol.asyncDispose]();
    if (this.given !== this.own) await this.given.return?.();
  }

  private async decide(allowed: Promise<AsyncIterator<Event, void>>): Promise<void> {
    try {
      this.given = await allowed;
      this.decided.resolve(this.given);
    } catch (error) {
      await this.own[Symbol.asyncDispose]();
      this.decided.reject(error);
    }
  }
}

/** Checks the result of an interceptor of `watch`. */
export const isIterator = (given: unknown): given is AsyncIterator<Event> =>
  typeof given === 'object' && given !== null && 'next' in given && typeof given.next === 'function';
