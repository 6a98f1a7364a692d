import type { WallClock } from '../../../src/notify/clock.ts';
import { Changes } from '../../support/changes.ts';

interface Sleeper {
  untilMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is moved. */
export class MovedClock implements WallClock {
  private readonly sleepers = new Set<Sleeper>();
  private readonly changes = new Changes();
  private ms: number;

  constructor(ms = Date.UTC(2026, 0, 1)) {
    this.ms = ms;
  }

  now(): number {
    return this.ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { untilMs: this.ms + ms, wake: resolve };
    this.sleepers.add(sleeper);
    this.changes.tell();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.sleepers.delete(sleeper);
  }

  move(ms: number): void {
    this.ms += ms;
    for (const { untilMs, wake } of this.sleepers) if (untilMs <= this.ms) wake();
  }

  /** Like setting the clock of a machine: sleepers sleep as long as before. */
  setBack(ms: number): void {
    this.ms -= ms;
    for (const sleeper of this.sleepers) sleeper.untilMs -= ms;
  }

  /** Resolves when a sleeper waits for a time between these numbers of ms from now. */
  async asleep(leastMs: number, mostMs: number): Promise<number> {
    const found = () => {
      const waits = [...this.sleepers].map(({ untilMs }) => untilMs - this.ms);
      return waits.find((wait) => wait >= leastMs && wait <= mostMs);
    };
    return await this.changes.until(found);
  }
}
