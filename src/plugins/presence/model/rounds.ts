/** A slot that is due. */
export interface DueSlot {
  readonly slot: number;
  readonly dueMs: number;
}

/**
 * Divides each interval into slots. Each slot is due once per interval. If the process paused for longer than an interval,
 * the missed rounds are skipped.
 */
export class Rounds {
  readonly slots: number;
  private readonly slotMs: number;
  private readonly startMs: number;
  private done = 0;

  constructor(startMs: number, { intervalMs, slots }: { intervalMs: number; slots: number }) {
    this.startMs = startMs;
    this.slots = slots;
    this.slotMs = intervalMs / slots;
  }

  /** When the next slot is due. */
  get nextMs(): number {
    return this.startMs + this.done * this.slotMs;
  }

  /** Takes the slots that are due, in order. */
  take(nowMs: number): DueSlot[] {
    const until = Math.floor((nowMs - this.startMs) / this.slotMs) + 1;
    const from = Math.max(this.done, until - this.slots);
    this.done = Math.max(this.done, until);
    const due: DueSlot[] = [];
    for (let one = from; one < until; one += 1) {
      due.push({ slot: one % this.slots, dueMs: this.startMs + one * this.slotMs });
    }
    return due;
  }
}
