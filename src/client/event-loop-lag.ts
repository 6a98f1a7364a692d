import { monotonicMs } from '../clock.ts';

const everyMs = 50;

/**
 * Maximum lag of the event loop of this process, in ms, since the last call of `takeMs`. Reading resets it, so each
 * session has its own meter; Node's histogram would need half a megabyte per session. It measures from the first call
 * until it is disposed.
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
    // If the loop was blocked until now, the timer has not run yet.
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
