/** Bytes or records missing before a position. */
export interface Gap {
  /** Lost: nobody has them. */
  readonly lost: number;
  /** Taken by another server before this one adopted the job. */
  readonly taken: number;
}

const none: Gap = { lost: 0, taken: 0 };

/** Progress of a sequence that is counted from 0: bytes of a stream, or records. */
export class Arrival {
  /** Position of the next item. */
  next = 0;
  lost = 0;
  private taken = 0;

  /** Another server has taken everything before `place`. */
  takenElsewhere(place: number): void {
    this.taken = Math.max(this.taken, place);
  }

  /** The next item, or the end, is at `place`. @returns what is missing before it. */
  skipTo(place: number): Gap {
    if (place <= this.next) return none;
    const taken = Math.max(0, Math.min(place, this.taken) - this.next);
    const lost = place - this.next - taken;
    this.next = place;
    this.lost += lost;
    return { lost, taken };
  }
}
