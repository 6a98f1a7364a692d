/** Bytes or records that are missing before an offset. */
export interface Gap {
  /** Number of lost items. */
  readonly lost: number;
  /** Number of items that another server received before this one adopted the job. */
  readonly taken: number;
}

const none: Gap = { lost: 0, taken: 0 };

/** Progress of a sequence that is counted from 0: the bytes of a stream, or records. */
export class Arrival {
  /** Offset of the next item. */
  next = 0;
  lost = 0;
  private taken = 0;

  /** Another server has received everything before `offset`. */
  takenElsewhere(offset: number): void {
    this.taken = Math.max(this.taken, offset);
  }

  /** The next item, or the end, is at `offset`. @returns what is missing before it. */
  skipTo(offset: number): Gap {
    if (offset <= this.next) return none;
    const taken = Math.max(0, Math.min(offset, this.taken) - this.next);
    const lost = offset - this.next - taken;
    this.next = offset;
    this.lost += lost;
    return { lost, taken };
  }
}
