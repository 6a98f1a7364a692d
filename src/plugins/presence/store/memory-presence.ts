import type { TraceSpan } from '../../../index.ts';
import { presenceLimits } from '../model/limits.ts';
import { windowMs } from '../model/online.ts';
import type { Sighting } from '../model/sighting.ts';
import { FullError } from './full-error.ts';
import { LastBatch } from './last-batch.ts';
import type { PresenceStore } from './presence-store.ts';

/** Presence of one process, in memory only. */
export class MemoryPresence implements PresenceStore {
  private readonly seen = new Map<string, number>();
  private readonly now: () => number;
  private readonly maxUsers: number;
  private readonly lastBatch = new LastBatch();

  constructor(now = () => performance.now(), maxUsers: number = presenceLimits.maxUsersInMemory) {
    this.now = now;
    this.maxUsers = maxUsers;
  }

  async put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void> {
    if (this.seen.size >= this.maxUsers) await this.prune();
    let refused = 0;
    for (const { userId, atMs } of sightings) {
      const before = this.seen.get(userId);
      if (before === undefined && this.seen.size >= this.maxUsers) refused += 1;
      else this.seen.set(userId, Math.max(atMs, before ?? atMs));
    }
    this.lastBatch.note(batch, this.now());
    if (refused > 0) throw new FullError(this.maxUsers);
  }

  async count(asked?: TraceSpan): Promise<number> {
    const nowMs = this.now();
    this.lastBatch.linkFrom(asked, nowMs);
    let count = 0;
    for (const atMs of this.seen.values()) if (nowMs - atMs < windowMs) count += 1;
    return count;
  }

  async prune(): Promise<void> {
    const nowMs = this.now();
    for (const [userId, atMs] of this.seen) if (nowMs - atMs >= windowMs) this.seen.delete(userId);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
