import { windowMs } from './online.ts';
import type { Sighting } from './sighting.ts';

/** The newest unstored sighting of each user. */
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

  /** Adds a sighting, unless there is a newer one. @returns false if there is no room */
  add({ userId, atMs }: Sighting): boolean {
    if (!this.hasRoomFor(userId)) return false;
    this.atMs.set(userId, Math.max(atMs, this.atMs.get(userId) ?? atMs));
    return true;
  }

  /**
   * Takes all sightings, ordered by user. The order prevents deadlocks between batches that lock the same rows. Sightings that
   * are too old to count are dropped.
   */
  take(nowMs: number): Sighting[] {
    const taken = [...this.atMs]
      .map(([userId, atMs]): Sighting => ({ userId, atMs }))
      .filter(({ atMs }) => nowMs - atMs < windowMs)
      .sort((one, other) => (one.userId < other.userId ? -1 : 1));
    this.atMs.clear();
    return taken;
  }

  /** Returns sightings that could not be stored. They may exceed the limit. */
  giveBack(rows: readonly Sighting[]): void {
    for (const { userId, atMs } of rows) this.atMs.set(userId, Math.max(atMs, this.atMs.get(userId) ?? atMs));
  }
}
