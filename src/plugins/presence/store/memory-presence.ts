import type { TraceSpan } from '../../../index.ts';
import { windowMs } from '../model/online.ts';
import type { Sighting } from '../model/sighting.ts';
import { LastBatch } from './last-batch.ts';
import type { PresenceStore } from './presence-store.ts';

/** Presence of one process, gone with it. */
export class MemoryPresence implements PresenceStore {
  private readonly seen = new Map<string, number>();
  private readonly now: () => number;
  private readonly lastBatch = new LastBatch();

  constructor(now = () => performance.now()) {
    this.now = now;
  }

  async put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void> {
    for (const { userId, atMs } of sightings) this.seen.set(userId, Math.max(atMs, this.seen.get(userId) ?? atMs));
    this.lastBatch.note(batch, this.now());
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
