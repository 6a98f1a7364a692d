import { limits } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';

const slots = 20;

/**
 * Calls `onBeat` once a second for each peer. Peers are spread over slots of the second; a new peer gets the emptiest
 * slot. After a gap in this process's own clock (stopped, blocked) `onGap` gets its length before the next beat.
 */
export class Heartbeats {
  private readonly ring: Set<string>[] = Array.from({ length: slots }, () => new Set<string>());
  private readonly onBeat: (peer: string) => void;
  private readonly onGap: (gapMs: number) => void;
  private timer: NodeJS.Timeout | undefined;
  private readonly everyMs = limits.heartbeatMs / slots;
  private dueMs = monotonicMs() + this.everyMs;
  private at = 0;

  constructor(options: { onBeat: (peer: string) => void; onGap: (gapMs: number) => void }) {
    this.onBeat = options.onBeat;
    this.onGap = options.onGap;
    this.schedule();
  }

  add(peer: string): void {
    const emptiest = this.ring.reduce((best, slot) => (slot.size < best.size ? slot : best));
    emptiest.add(peer);
  }

  delete(peer: string): void {
    for (const slot of this.ring) if (slot.delete(peer)) return;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  /** Scheduled by due time: an interval would accumulate delays. */
  private schedule(): void {
    this.timer = setTimeout(() => this.turn(), Math.max(0, this.dueMs - monotonicMs()));
  }

  private turn(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.dueMs;
    this.dueMs += this.everyMs;
    if (gapMs > limits.heartbeatMs) {
      this.dueMs = nowMs + this.everyMs;
      // Messages that arrived meanwhile are read, in a later phase of the event loop, before anybody is judged.
      this.onGap(gapMs);
    }
    this.schedule();
    this.at = (this.at + 1) % slots;
    for (const peer of this.ring[this.at] ?? []) this.onBeat(peer);
  }
}
