import { setImmediate as nextTurn } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/errors.ts';
import { monotonicMs } from '../clock.ts';
import type { EventReader } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { ApiLimits } from './api-limits.ts';

/** The item that is returned for an event. */
export interface FeedItem<Item> {
  readonly item: Item;
  /** Its approximate size in memory, and in a message. */
  readonly bytes: number;
  readonly seq?: number | undefined;
}

interface FeedOptions<Item> {
  /** Creates the reader. Called again, with a number, for a caller that is slower than the log. */
  readonly read: (from: number | undefined) => EventReader;
  /** Undefined for an event that is omitted. */
  readonly itemOf: (event: Event) => FeedItem<Item> | undefined;
  readonly limits: ApiLimits;
  /** Default: that of `limits`. */
  readonly batchMs?: number;
  /** Called when too much waits for the caller and it does not read for a while. */
  readonly drop: () => void;
  /** Number of the first requested event, if the caller gave one. */
  readonly from?: number | undefined;
}

/**
 * The queue of one caller for the events of a reader. It takes events as they happen, so that a slow caller does not
 * make clients keep anything. Of earlier events, only a part is read at a time.
 *
 * Open until the reader ends or fails, or too much waits: then the queue is dropped, and the next call throws `busy`.
 * Disposing of it closes the reader.
 */
export class Feed<Item> implements AsyncDisposable {
  private readonly options: FeedOptions<Item>;
  private readonly begunAtMs = Date.now();
  private reader: EventReader;
  private queue: FeedItem<Item>[] = [];
  private bytes = 0;
  private waiting: PromiseWithResolvers<void> | undefined;
  private drained: PromiseWithResolvers<void> | undefined;
  private filled = () => {};
  private error: SignalboxError | undefined;
  private isOver = false;
  private stalled: NodeJS.Timeout | undefined;
  private next: number | undefined;
  private hasGap = false;

  constructor(options: FeedOptions<Item>) {
    this.options = options;
    this.reader = options.read(options.from);
    this.next = this.reader.first ?? options.from;
    void this.run();
  }

  /** Number of the first event that was not returned, if the service has numbers. */
  get resumeFrom(): number | undefined {
    return this.next;
  }

  /** Whether events without a number may have been omitted since the last call. */
  takeGap(): boolean {
    const { hasGap } = this;
    this.hasGap = false;
    return hasGap;
  }

  /**
   * The available items, in parts of at most 1,000 items and 1 MiB; a single item may be larger. The first part is
   * returned at once. Items that follow within 50 ms are combined.
   * @throws SignalboxError `busy` if too much waited; errors of the reader.
   */
  async *parts(): AsyncGenerator<Item[], void, undefined> {
    let notBeforeMs = 0;
    while (await this.hasItems()) {
      await this.collect(notBeforeMs - monotonicMs());
      for (let left = this.queue.length; left > 0 && this.queue.length > 0; ) {
        const part = this.take(left);
        left -= part.length;
        yield part;
      }
      notBeforeMs = monotonicMs() + (this.options.batchMs ?? this.options.limits.batchMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.stalled);
    this.end();
  }

  /** Resolves with true when there are items, or with false when no more follow. */
  private async hasItems(): Promise<boolean> {
    while (this.queue.length === 0) {
      if (this.error) throw this.error;
      if (this.isOver) return false;
      this.waiting ??= Promise.withResolvers();
      await this.waiting.promise;
    }
    return true;
  }

  /** Waits for more items, as long as they fit into a message. */
  private async collect(forMs: number): Promise<void> {
    if (this.isFull) return;
    // Events of the same turn of the event loop are sent together, because a single event has the highest cost.
    if (forMs <= 0) return await nextTurn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, forMs);
    this.filled = resolve;
    await promise;
    clearTimeout(timer);
  }

  private get isFull(): boolean {
    return this.bytes > this.options.limits.maxMessageBytes;
  }

  private take(most: number): Item[] {
    const { maxBatchEvents, maxMessageBytes } = this.options.limits;
    let count = 0;
    let bytes = 0;
    for (const one of this.queue) {
      bytes += one.bytes;
      if (count === Math.min(most, maxBatchEvents) || (count > 0 && bytes > maxMessageBytes)) break;
      count += 1;
    }
    if (count === this.queue.length) this.drained?.resolve();
    return this.queue.splice(0, count).map(({ item, bytes: size, seq }) => {
      this.bytes -= size;
      if (seq !== undefined) this.next = seq + 1;
      return item;
    });
  }

  private async run(): Promise<void> {
    let from = this.next;
    try {
      for (let isBehind = true; isBehind; ) {
        isBehind = false;
        for await (const event of this.reader) {
          if (this.isOver) return;
          const taken = this.options.itemOf(event);
          if (taken) this.add(taken);
          if ('seq' in event) from = event.seq + 1;
          isBehind = event.atMs < this.begunAtMs && this.isFull;
          if (isBehind) break;
        }
        if (!isBehind) break;
        this.drained = Promise.withResolvers();
        await this.drained.promise;
        if (this.isOver) return;
        this.reader = this.options.read(from);
        this.hasGap = true;
      }
    } catch (error) {
      this.error ??= SignalboxError.from(error, 'internal');
    } finally {
      this.end();
    }
  }

  private add(taken: FeedItem<Item>): void {
    this.queue.push(taken);
    this.bytes += taken.bytes;
    if (this.bytes > this.options.limits.maxWaitingBytes) this.overflow();
    else this.wake();
    if (this.isFull) this.filled();
  }

  private overflow(): void {
    this.next = this.queue.find(({ seq }) => seq !== undefined)?.seq ?? this.next;
    this.queue = [];
    this.error = new SignalboxError(
      'busy',
      `more than ${this.options.limits.maxWaitingBytes} bytes waited for this caller`,
    );
    this.stalled = setTimeout(this.options.drop, this.options.limits.stalledMs);
    this.end();
  }

  private end(): void {
    this.isOver = true;
    this.filled();
    // At once, because the event in its hand holds back acks.
    void this.reader[Symbol.asyncDispose]();
    this.drained?.resolve();
    this.wake();
  }

  private wake(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
