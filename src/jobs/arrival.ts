/** How much is missing before a place. */
export interface Gap {
  /** Gone: nobody has it. */
  readonly lost: number;
  /** Taken by another server before this one took the job over. */
  readonly taken: number;
}

const none: Gap = { lost: 0, taken: 0 };

/** How far something has come that is counted from 0: a stream, in bytes, or records. */
export class Arrival {
  /** The place of what comes next. */
  next = 0;
  lost = 0;
  private taken = 0;

  /** Another server has taken all up to there. */
  takenElsewhere(place: number): void {
    this.taken = Math.max(this.taken, place);
  }

  /** What comes next is at this place, or the end is. @returns what is missing before. */
  skipTo(place: number): Gap {
    if (place <= this.next) return none;
    const taken = Math.max(0, Math.min(place, this.taken) - this.next);
    const lost = place - this.next - taken;
    this.next = place;
    this.lost += lost;
    return { lost, taken };
  }
}
