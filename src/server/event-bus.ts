import { frozenCopy } from '../deep-copy.ts';
import {
  type Event,
  type EventStamp,
  isOfClient,
  type LoggedEvent,
  type NumberedEvent,
  type Unstamped,
} from '../jobs/events.ts';
import { QueuedReader } from '../plugin/event-reader.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { EventReader, WatchOptions } from '../plugin/job-service.ts';
import type { Observer } from '../plugin/observer.ts';
import { RecentEvents } from '../store/memory/recent-events.ts';
import { type EventLog, ResumedReader } from './resumed-reader.ts';

type Labels = Readonly<Record<string, string>>;

/** Writes an event to the log, then runs the effect. */
interface Logger {
  log(told: { readonly event: NumberedEvent; run(): void }): void;
}

/**
 * Stamps every event, logs numbered events, and delivers all to readers and observers. An event is taken when every
 * reader has taken it. Observers are called in a microtask, so that no transition is incomplete when they call back.
 *
 * The log is that of a durable store; without one, the newest events in memory, from the first call of `watch` on.
 */
export class EventBus {
  private readonly observers: readonly { readonly observer: Observer; readonly source: string }[];
  private readonly faults: FaultReports;
  private readonly readers = new Set<QueuedReader>();
  private observed: Event[] = [];
  private recent: RecentEvents | undefined;
  private durable: { readonly log: EventLog; readonly journal: Logger } | undefined;
  /** Number of the newest event. */
  private seq = 0;
  private isClosed = false;
  private vouchedOf: (client: string) => Labels | undefined = () => undefined;

  constructor(observers: readonly Observer[], faults: FaultReports) {
    this.observers = observers.map((observer) => ({ observer, source: `observer ${observer.name}` }));
    this.faults = faults;
  }

  /** Uses the log of a store from now on. */
  logTo(log: EventLog, journal: Logger, nextSeq: number): void {
    this.durable = { log, journal };
    this.seq = nextSeq - 1;
  }

  /** Adds the labels that the keys vouch for to events of clients from now on. */
  vouchBy(vouchedOf: (client: string) => Labels | undefined): void {
    this.vouchedOf = vouchedOf;
  }

  /** Whether anybody reads or observes. If not, events are only needed for a durable log. */
  get isHeard(): boolean {
    return this.readers.size > 0 || this.observers.length > 0 || this.recent !== undefined;
  }

  /** Logs an event that happens now, and delivers it. */
  emit(event: Unstamped): void {
    this.log(event, (stamped) => this.deliver(stamped));
  }

  /** The stamp of an event that happens now. A durable log assigns the number later. */
  stamp(type: Event['type']): EventStamp {
    const atMs = Date.now();
    if (this.durable || type === 'job.progress' || type === 'job.output' || type === 'job.records') return { atMs };
    this.seq += 1;
    return { atMs, seq: this.seq };
  }

  /** @param taken called when every reader has taken the event. */
  deliver(event: Event, taken?: () => void): void {
    this.toReaders(event, taken);
    this.toObservers(event);
  }

  /** Delivers an event that strangers can cause without bounds. It has no number, so that it cannot fill the log. */
  emitUnlogged(event: Unstamped): void {
    this.deliver({ ...event, atMs: Date.now() } as Event);
  }

  /** Delivers repeats of events that readers get as a summary. They are not logged. */
  emitToObservers(event: Unstamped): void {
    this.toObservers({ ...event, atMs: Date.now() } as Event);
  }

  /** Delivers summaries of events that observers have received individually. */
  emitToReaders(event: Unstamped): void {
    this.log(event, (stamped) => this.toReaders(stamped));
  }

  watch({ signal, from }: WatchOptions): EventReader {
    if (!this.durable) this.recent ??= new RecentEvents(this.seq + 1);
    const reader = this.read({ signal, goesByNumber: from !== undefined });
    const log = this.durable?.log ?? this.recent;
    return log && from !== undefined ? new ResumedReader(reader, { log, from, upTo: this.seq }) : reader;
  }

  read({ signal, goesByNumber }: { signal?: AbortSignal | undefined; goesByNumber?: boolean } = {}): EventReader {
    const leave = () => reader.leave();
    const reader: QueuedReader = new QueuedReader(
      () => {
        this.readers.delete(reader);
        signal?.removeEventListener('abort', leave);
      },
      { goesByNumber, first: this.seq + 1 },
    );
    if (this.isClosed) reader.end();
    else this.readers.add(reader);
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    return reader;
  }

  /** Stops emission. Readers can still take queued events. */
  close(): void {
    this.isClosed = true;
    for (const reader of this.readers) reader.end();
  }

  private log(event: Unstamped, tell: (event: Event) => void): void {
    const vouched = isOfClient(event) ? this.vouchedOf(event.client) : undefined;
    const stamped = { ...event, ...(vouched && { vouched }), ...this.stamp(event.type) } as NumberedEvent;
    if (this.durable) this.durable.journal.log({ event: stamped, run: () => tell(stamped) });
    else tell(stamped);
  }

  private toReaders(event: Event, taken: () => void = () => {}): void {
    if ('seq' in event) this.newest(event as LoggedEvent);
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

  private newest(event: LoggedEvent): void {
    this.seq = event.seq;
    this.recent?.add(event);
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
