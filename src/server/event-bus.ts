import { frozenCopy } from '../deep-copy.ts';
import type { Event, EventStamp, Unstamped } from '../jobs/events.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { EventReader } from '../plugin/job-service.ts';
import type { Observer } from '../plugin/observer.ts';
import { QueuedReader } from './event-reader.ts';

/**
 * Stamps every event and hands it to readers and observers. An event is taken when every reader has taken it. Observers
 * are called in a microtask, so that no transition is half done when they call back.
 */
export class EventBus {
  private readonly observers: readonly { readonly observer: Observer; readonly source: string }[];
  private readonly faults: FaultReports;
  private readonly readers = new Set<QueuedReader>();
  private observed: Event[] = [];
  private seq = 0;
  private isClosed = false;

  constructor(observers: readonly Observer[], faults: FaultReports) {
    this.observers = observers.map((observer) => ({ observer, source: `observer ${observer.name}` }));
    this.faults = faults;
  }

  /** Whether anybody reads or observes. If not, no event need be made. */
  get isHeard(): boolean {
    return this.readers.size > 0 || this.observers.length > 0;
  }

  /** @param taken is called when every reader has taken the event. */
  emit(event: Unstamped, taken: () => void = () => {}): void {
    this.deliver(this.stamped(event), taken);
  }

  /** The stamp of an event that happens now. */
  stamp(type: Event['type']): EventStamp {
    const atMs = Date.now();
    if (type === 'job.progress' || type === 'job.output' || type === 'job.records') return { atMs };
    this.seq += 1;
    return { atMs, seq: this.seq };
  }

  deliver(event: Event, taken: () => void): void {
    this.toReaders(event, taken);
    this.toObservers(event);
  }

  /** For events that readers get in another form. */
  emitToObservers(event: Unstamped): void {
    this.toObservers(this.stamped(event));
  }

  /** For summaries of events that observers got one by one. */
  emitToReaders(event: Unstamped): void {
    this.toReaders(this.stamped(event), () => {});
  }

  read({ signal }: { signal?: AbortSignal | undefined } = {}): EventReader {
    const leave = () => reader.leave();
    const reader: QueuedReader = new QueuedReader(() => {
      this.readers.delete(reader);
      signal?.removeEventListener('abort', leave);
    });
    if (this.isClosed) reader.end();
    else this.readers.add(reader);
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    return reader;
  }

  /** Ends emission. Readers may still take queued events. */
  close(): void {
    this.isClosed = true;
    for (const reader of this.readers) reader.end();
  }

  private stamped(event: Unstamped): Event {
    return { ...event, ...this.stamp(event.type) } as Event;
  }

  private toReaders(event: Event, taken: () => void): void {
    let missing = this.readers.size;
    if (missing === 0) {
      taken();
      return;
    }
    if (missing === 1) {
      for (const reader of this.readers) reader.offer(event, taken);
      return;
    }
    const one = () => {
      missing -= 1;
      if (missing === 0) taken();
    };
    for (const reader of this.readers) reader.offer(event, one);
  }

  private toObservers(event: Event): void {
    if (this.observers.length === 0) return;
    // Frozen: an observer must not change what other observers, readers and handles receive.
    this.observed.push(frozenCopy(event));
    if (this.observed.length === 1) queueMicrotask(() => this.observe());
  }

  private observe(): void {
    const events = this.observed;
    this.observed = [];
    for (const event of events) for (const { observer, source } of this.observers) this.call(observer, source, event);
  }

  private call(observer: Observer, source: string, event: Event): void {
    const failed = (error: unknown) => this.faults.report(source, error, observer);
    try {
      const done: unknown = observer.on(event);
      if (done !== undefined) Promise.resolve(done).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
