import { limits } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';

const slots = 20;

/**
 * One beat a second for each peer, spread over the second: a peer beats in the slot that had the fewest when it came.
 * After a gap in this process's own clock (stopped, blocked) `onGap` is told how long it was, before the next beat.
 */
export class Heartbeats {
  private readonly ring: Set<string>[] = Array.from({ length: slots }, () => new Set<string>());
  private readonly onBeat: (peer: string) => void;
  private readonly onGap: (gapMs: number) => void;
  private readonly timer: NodeJS.Timeout;
  private readonly everyMs = limits.heartbeatMs / slots;
  private dueMs = monotonicMs() + this.everyMs;
  private at = 0;

  constructor(options: { onBeat: (peer: string) => void; onGap: (gapMs: number) => void }) {
    this.onBeat = options.onBeat;
    this.onGap = options.onGap;
    this.timer = setInterval(() => this.turn(), this.everyMs);
  }

  add(peer: string): void {
    const emptiest = this.ring.reduce((best, slot) => (slot.size < best.size ? slot : best));
    emptiest.add(peer);
  }

  delete(peer: string): void {
    for (const slot of this.ring) if (slot.delete(peer)) return;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private turn(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.dueMs;
    this.dueMs = nowMs + this.everyMs;
    // What has arrived meanwhile is read, in a later phase of the event loop, before anybody is judged.
    if (gapMs > limits.heartbeatMs) this.onGap(gapMs);
    this.at = (this.at + 1) % slots;
    for (const peer of this.ring[this.at] ?? []) this.onBeat(peer);
  }
}
