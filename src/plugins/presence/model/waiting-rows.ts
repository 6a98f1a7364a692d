import { windowMs } from './online.ts';
import type { Sighting } from './sighting.ts';

/** The newest sighting of each user that the store does not have yet. */
export class WaitingRows {
  private readonly atMs = new Map<string, number>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.atMs.size;
  }

  /** Whether a sighting of this user can be added. */
  hasRoomFor(userId: string): boolean {
    return this.atMs.size < this.max || this.atMs.has(userId);
  }

  /** An older one changes nothing. @returns false where there is no room. */
  add({ userId, atMs }: Sighting): boolean {
    if (!this.hasRoomFor(userId)) return false;
    this.atMs.set(userId, Math.max(atMs, this.atMs.get(userId) ?? atMs));
    return true;
  }

  /**
   * Takes all of them, by user: batches that lock rows in one order wait for each other, and never in a circle. What is
   * too old to be counted is left out.
   */
  take(nowMs: number): Sighting[] {
    const taken = [...this.atMs]
      .map(([userId, atMs]): Sighting => ({ userId, atMs }))
      .filter(({ atMs }) => nowMs - atMs < windowMs)
      .sort((one, other) => (one.userId < other.userId ? -1 : 1));
    this.atMs.clear();
    return taken;
  }

  /** Puts back what could not be stored; there was room for it. */
  giveBack(rows: readonly Sighting[]): void {
    for (const { userId, atMs } of rows) this.atMs.set(userId, Math.max(atMs, this.atMs.get(userId) ?? atMs));
  }
}
