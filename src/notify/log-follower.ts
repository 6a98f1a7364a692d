import type { Event, LoggedEvent } from '../jobs/events.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { JobStore } from '../store/job-store.ts';
import { sleep } from '../timer.ts';

const page = 1_000;
/** Beyond so many that wait, they are read from the log. */
const maxWaiting = 10_000;
/** Events of so many ms are taken together. */
const togetherMs = 20;
const againMs = 1_000;

interface FollowerOptions {
  readonly service: JobService;
  readonly log: Pick<JobStore, 'events'>;
  /** Whether an event is to be taken. */
  readonly isWanted: (event: Event) => boolean;
  /** Takes one after the other. */
  readonly take: (event: LoggedEvent) => void | Promise<void>;
  /** What goes from memory: it may not be in the log. */
  readonly takeAtOnce: (event: Event) => void;
  /** The log does not have these any more. */
  readonly missed: (count: number, upTo: number) => void;
  /** Some were taken. */
  readonly taken: () => void;
  readonly warn: (sentence: string) => void;
}

/**
 * Follows the log of events and holds up nobody: what a server tells is put aside at once, and where too much of it waits it is read from the log
 * instead. It reads the log until that has nothing more, and then takes what was put aside.
 */
export class LogFollower implements AsyncDisposable {
  /** Number of the last event that was taken, with all before it. */
  position = 0;
  private readonly options: FollowerOptions;
  private readonly ending = new AbortController();
  private waiting: LoggedEvent[] = [];
  private hasOverflown = false;
  /** Number of the newest event that was told. */
  private newest = 0;
  private nudge = Promise.withResolvers<void>();
  private running: Promise<unknown> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** @param position of the last event that was taken before. */
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
    const { takeAtOnce, isWanted, warn } = this.options;
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
        warn(`notifications are late: ${error instanceof Error ? error.message : error}`);
        await sleep(againMs, signal);
        from = this.options.service.watch({ signal });
        // What was told in between is in the log.
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
      while (!this.hasOverflown) {
        await this.takeWaiting();
        if (signal.aborted) return;
        if (this.hasOverflown) break;
        if (this.waiting.length > 0) continue;
        // Nothing was awaited since the last was taken.
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
        this.options.warn(`notifications are late: ${error instanceof Error ? error.message : error}`);
        await sleep(againMs, signal);
      }
    }
  }
}
