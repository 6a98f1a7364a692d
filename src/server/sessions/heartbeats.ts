import { limits } from '../../../schemas/index.ts';
import { forgivenGapMs, monotonicMs } from '../../clock.ts';

const slots = 40;

/**
 * Calls `onBeat` for each peer once per `heartbeatMs`, and `onBetween` halfway between two beats. Peers are spread over
 * the slots of a ring; a new peer gets the emptiest slot. If this process was stopped or blocked, `onGap` gets the
 * length of the gap before the next beat.
 */
export class Heartbeats {
  private readonly ring: Set<string>[] = Array.from({ length: slots }, () => new Set<string>());
  private readonly onBeat: (peers: ReadonlySet<string>) => void;
  private readonly onBetween: (peers: ReadonlySet<string>) => void;
  private readonly onGap: (gapMs: number) => void;
  private timer: NodeJS.Timeout | undefined;
  private readonly everyMs = limits.heartbeatMs / slots;
  private dueMs = monotonicMs() + this.everyMs;
  private at = 0;

  constructor(options: {
    onBeat: (peers: ReadonlySet<string>) => void;
    onBetween: (peers: ReadonlySet<string>) => void;
    onGap: (gapMs: number) => void;
  }) {
    this.onBeat = options.onBeat;
    this.onBetween = options.onBetween;
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

  /** Scheduled by due time, because an interval would accumulate delays. */
  private schedule(): void {
    this.timer = setTimeout(() => this.turn(), Math.max(0, this.dueMs - monotonicMs()));
  }

  private turn(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.dueMs;
    this.dueMs += this.everyMs;
    if (gapMs > forgivenGapMs) {
      this.dueMs = nowMs + this.everyMs;
      // Messages that arrived meanwhile are read in a later phase of the event loop, before any peer is judged.
      this.onGap(gapMs);
    }
    this.schedule();
    this.at = (this.at + 1) % slots;
    const [beating, between] = [this.ring[this.at], this.ring[(this.at + slots / 2) % slots]];
    if (beating?.size) this.onBeat(beating);
    if (between?.size) this.onBetween(between);
  }
}
