import { monotonicMs } from '../clock.ts';

const everyMs = 50;

/**
 * How late the event loop of this process was at most, in ms, since the last call of `takeMs`. Each session has a meter of its own, since reading
 * resets it; Node's histogram would take half a megabyte for each. It measures from the first call on, until it is disposed.
 */
export class EventLoopLag implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private dueMs = 0;
  private maxMs = 0;

  takeMs(): number {
    if (!this.timer) {
      this.dueMs = monotonicMs() + everyMs;
      this.timer = setInterval(() => this.measure(everyMs), everyMs).unref();
    }
    // A loop that was blocked until now has not run the timer yet.
    if (monotonicMs() > this.dueMs) this.measure(0);
    const lagMs = Math.round(this.maxMs);
    this.maxMs = 0;
    return lagMs;
  }

  private measure(nextInMs: number): void {
    const nowMs = monotonicMs();
    this.maxMs = Math.max(this.maxMs, nowMs - this.dueMs);
    this.dueMs = nowMs + nextInMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}
