import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { EventReader } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { ApiLimits } from './api-limits.ts';

/** What is handed out for an event. */
export interface FeedItem<Item> {
  readonly item: Item;
  /** Its size in memory, about, and in a message. */
  readonly bytes: number;
  readonly seq?: number | undefined;
}

interface FeedOptions<Item> {
  /** Undefined for an event that is left out. */
  readonly itemOf: (event: Event) => FeedItem<Item> | undefined;
  readonly limits: ApiLimits;
  /** Called when the caller has not read on for a while after too much waited for it. */
  readonly drop: () => void;
  /** Number of the first event that is wanted, if the caller has said it. */
  readonly from?: number | undefined;
}

/**
 * What one caller is still to get of the events of a reader. It takes events at once, so that a slow caller holds nothing
 * back at the clients.
 *
 * Open until the reader ends or fails, or too much waits: then what waits is dropped, and the next call throws `busy`.
 * Disposing it leaves the reader.
 */
export class Feed<Item> implements AsyncDisposable {
  private readonly reader: EventReader;
  private readonly options: FeedOptions<Item>;
  private queue: FeedItem<Item>[] = [];
  private bytes = 0;
  private waiting: PromiseWithResolvers<void> | undefined;
  private error: SignalboxError | undefined;
  private isOver = false;
  private stalled: NodeJS.Timeout | undefined;
  private next: number | undefined;

  constructor(reader: EventReader, options: FeedOptions<Item>) {
    this.reader = reader;
    this.options = options;
    this.next = options.from;
    void this.run();
  }

  /** Number of the first event that was not handed out. Undefined where none was, and `from` was not given. */
  get resumeFrom(): number | undefined {
    return this.next;
  }

  /**
   * What there is, in parts of at most 1,000 items and 1 MiB; a single item may be larger. The first comes at once; what
   * follows within 50 ms comes together.
   * @throws SignalboxError `busy` where too much waited; what the reader throws.
   */
  async *parts(): AsyncGenerator<Item[], void, undefined> {
    let notBeforeMs = 0;
    while (await this.hasItems()) {
      const waitMs = notBeforeMs - monotonicMs();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      while (this.queue.length > 0) yield this.take();
      notBeforeMs = monotonicMs() + this.options.limits.batchMs;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.stalled);
    this.end();
    await this.reader[Symbol.asyncDispose]();
  }

  /** Resolves when there is one, or with false when no more will come. */
  private async hasItems(): Promise<boolean> {
    while (this.queue.length === 0) {
      if (this.error) throw this.error;
      if (this.isOver) return false;
      this.waiting ??= Promise.withResolvers();
      await this.waiting.promise;
    }
    return true;
  }

  private take(): Item[] {
    let count = 0;
    let bytes = 0;
    for (const one of this.queue) {
      bytes += one.bytes;
      if (count === this.options.limits.maxBatchEvents || (count > 0 && bytes > this.options.limits.maxMessageBytes))
        break;
      count += 1;
    }
    return this.queue.splice(0, count).map(({ item, bytes: size, seq }) => {
      this.bytes -= size;
      if (seq !== undefined) this.next = seq + 1;
      return item;
    });
  }

  private async run(): Promise<void> {
    try {
      for await (const event of this.reader) {
        if (this.isOver) return;
        const taken = this.options.itemOf(event);
        if (taken) this.add(taken);
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
    this.wake();
  }

  private wake(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}
