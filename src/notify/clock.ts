import { sleep } from '../timer.ts';

/** Time since the epoch, and waiting for it: tests move it. */
export interface WallClock {
  now(): number;
  /** Resolves after so many ms, or when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const wallClock: WallClock = { now: () => Date.now(), sleep };

/** Wakes whoever waits. */
export class Wake {
  private readonly clock: WallClock;
  private controller = new AbortController();

  constructor(clock: WallClock) {
    this.clock = clock;
  }

  tell(): void {
    this.controller.abort();
  }

  /** Resolves after so many ms, when `signal` aborts, or when it was told to since the last call. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.controller.signal]);
    if (!either.aborted) await this.clock.sleep(ms, either);
    this.controller = new AbortController();
  }
}
