import type { Event, LoggedEvent } from '../jobs/events.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import { sleep } from '../timer.ts';

const page = 1_000;
/** Beyond this number of waiting events they are read from the log instead. */
const maxWaiting = 10_000;
/** Events of this time are taken together. */
const togetherMs = 20;
const againMs = 1_000;

interface FollowerOptions {
  readonly service: JobService;
  readonly log: Pick<JobStore, 'events'>;
  /** Whether an event is needed. */
  readonly isWanted: (event: Event) => boolean;
  /** Called with one event after the other. */
  readonly take: (event: LoggedEvent) => void | Promise<void>;
  /** Called at once with events of the store, which may not be in the log. */
  readonly takeAtOnce: (event: Event) => void;
  /** Events were deleted before they were read. */
  readonly missed: (count: number, upTo: number) => void;
  /** Called after a batch. */
  readonly taken: () => void;
  readonly warn: (sentence: string) => void;
}

/**
 * Follows the log of events without delaying the server: live events go to a buffer, and when that is full they are read from the log instead. It
 * reads the log to its end and then takes the buffer.
 */
export class LogFollower implements AsyncDisposable {
  /** Number of the last event that was taken, as were all before it. */
  position = 0;
  private readonly options: FollowerOptions;
  private readonly ending = new AbortController();
  private waiting: LoggedEvent[] = [];
  private hasOverflown = false;
  /** Number of the newest live event. */
  private newest = 0;
  private hasWarned = false;
  private nudge = Promise.withResolvers<void>();
  private running: Promise<unknown> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** @param position number of the last event that was taken before. */
  async start(position: number): Promise<void> {
    const { next } = await this.options.log.events(Math.max(1, position), 1);
    this.position = position;
    this.newest = next - 1;
    const { signal } = this.ending;
    const events = this.options.service.watch({ signal, from: next });
    this.running = Promise.all([this.listen(events), this.again(() => this.pump())]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    this.nudge.resolve();
    await this.running;
  }

  private async listen(events: AsyncIterable<Event>): Promise<void> {
    const { takeAtOnce, isWanted } = this.options;
    const { signal } = this.ending;
    for (let from = events; !signal.aborted; ) {
      try {
        for await (const event of from) {
          if (event.type === 'store') takeAtOnce(event);
          if (!('seq' in event) || event.seq === undefined) continue;
          this.newest = event.seq;
          if (isWanted(event)) this.put(event as LoggedEvent);
          else if (this.waiting.length === 0) this.nudge.resolve();
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.warn(error);
        await sleep(againMs, signal);
        from = this.options.service.watch({ signal });
        // Events in between are in the log.
        this.hasOverflown = true;
        this.nudge.resolve();
      }
    }
  }

  private put(event: LoggedEvent): void {
    if (this.waiting.length >= maxWaiting) {
      this.waiting = [];
      this.hasOverflown = true;
    }
    if (!this.hasOverflown) this.waiting.push(event);
    this.nudge.resolve();
  }

  private async pump(): Promise<void> {
    const { signal } = this.ending;
    for (;;) {
      this.hasOverflown = false;
      await this.readLog();
      this.hasWarned = false;
      while (!this.hasOverflown) {
        await this.takeWaiting();
        if (signal.aborted) return;
        if (this.hasOverflown) break;
        if (this.waiting.length > 0) continue;
        // Safe: nothing was awaited since the buffer was found empty.
        this.position = Math.max(this.position, this.newest);
        await this.nudge.promise;
        if (signal.aborted) return;
        await sleep(togetherMs, signal);
        this.nudge = Promise.withResolvers();
      }
    }
  }

  private async readLog(): Promise<void> {
    const { log, missed, isWanted, take, taken } = this.options;
    const { signal } = this.ending;
    while (!signal.aborted) {
      const from = this.position + 1;
      const { events, oldest } = await log.events(from, page);
      if (from < oldest) {
        missed(oldest - from, oldest - 1);
        this.position = oldest - 1;
        continue;
      }
      for (const event of events) {
        if (isWanted(event)) await take(event);
        this.position = event.seq;
      }
      if (events.length > 0) taken();
      if (events.length === 0) return;
    }
  }

  private async takeWaiting(): Promise<void> {
    const { take, taken } = this.options;
    const events = this.waiting;
    this.waiting = [];
    for (const [at, event] of events.entries()) {
      if (this.ending.signal.aborted) return;
      if (event.seq <= this.position) continue;
      const done = take(event);
      if (done) await done;
      this.position = event.seq;
      if (at === events.length - 1) taken();
    }
  }

  private async again(work: () => Promise<void>): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.warn(error);
        await sleep(againMs, signal);
      }
    }
  }

  /** Once for each outage. */
  private warn(error: unknown): void {
    if (!this.hasWarned)
      this.options.warn(`notifications are delayed: ${error instanceof Error ? error.message : error}`);
    this.hasWarned = true;
  }
}
