import { sleep } from '../timer.ts';

/** The time, which tests replace. */
export interface WallClock {
  now(): number;
  /** Resolves after `ms`, or when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const wallClock: WallClock = { now: () => Date.now(), sleep };

/** A wait that can be ended early. */
export class Wake {
  private readonly clock: WallClock;
  private controller = new AbortController();

  constructor(clock: WallClock) {
    this.clock = clock;
  }

  tell(): void {
    this.controller.abort();
  }

  /** Resolves after `ms`, when `signal` aborts, or when `tell` was called since the last wait. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.controller.signal]);
    if (!either.aborted) await this.clock.sleep(ms, either);
    this.controller = new AbortController();
  }
}
