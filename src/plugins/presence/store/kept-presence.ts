import type { Collection, TraceSpan } from '../../../index.ts';
import { presenceLimits } from '../model/limits.ts';
import { windowMs } from '../model/online.ts';
import type { Sighting } from '../model/sighting.ts';
import { traced } from '../trace/traced.ts';
import { FullError } from './full-error.ts';
import { LastBatch } from './last-batch.ts';
import type { PresenceStore } from './presence-store.ts';

const shards = 64;

/** The stored form: users with the times of their last sightings, in ms since the epoch. */
type Kept = readonly (readonly [userId: string, seenAtMs: number])[];

interface Shard {
  readonly key: string;
  readonly seen: Map<string, number>;
  /** Version of its entry; undefined if there is none. */
  version: number | undefined;
  isStored: boolean;
}

interface Options {
  /** The clock of sightings. */
  readonly now?: () => number;
  /** Wall clock, in ms since the epoch. */
  readonly wallMs?: () => number;
  /** Maximum number of users in the window. */
  readonly maxUsers?: number;
}

/**
 * Presence of one process, in memory. The store of the server keeps a copy for the next process. Users are divided among
 * entries, which are written as a whole.
 */
export class KeptPresence implements PresenceStore {
  private readonly collection: Collection<Kept>;
  private readonly now: () => number;
  private readonly wallMs: () => number;
  private readonly maxUsers: number;
  private readonly lastBatch = new LastBatch();
  private readonly shards: readonly Shard[] = Array.from({ length: shards }, (_, at) => ({
    ...{ key: String(at).padStart(2, '0'), seen: new Map(), version: undefined, isStored: true },
  }));

  private constructor(collection: Collection<Kept>, options: Options) {
    const { now = () => performance.now(), wallMs = Date.now, maxUsers = presenceLimits.maxUsersInMemory } = options;
    this.collection = collection;
    this.now = now;
    this.wallMs = wallMs;
    this.maxUsers = maxUsers;
  }

  static async open(collection: Collection<Kept>, options: Options = {}): Promise<KeptPresence> {
    const presence = new KeptPresence(collection, options);
    for (const shard of presence.shards) await presence.load(shard);
    return presence;
  }

  async put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void> {
    if (this.room <= 0) this.forget();
    let { room } = this;
    let refused = 0;
    for (const { userId, atMs } of sightings) {
      const shard = this.shardOf(userId);
      const before = shard.seen.get(userId);
      if (before === undefined && room <= 0) refused += 1;
      if (before === undefined ? room <= 0 : before >= atMs) continue;
      if (before === undefined) room -= 1;
      shard.seen.set(userId, atMs);
      shard.isStored = false;
    }
    this.lastBatch.note(batch, this.now());
    await this.store(batch);
    if (refused > 0) throw new FullError(this.maxUsers);
  }

  async count(asked?: TraceSpan): Promise<number> {
    const nowMs = this.now();
    this.lastBatch.linkFrom(asked, nowMs);
    let count = 0;
    for (const { seen } of this.shards) for (const atMs of seen.values()) if (nowMs - atMs < windowMs) count += 1;
    return count;
  }

  async prune(within?: TraceSpan): Promise<void> {
    this.forget();
    await this.store(within);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  private get room(): number {
    return this.maxUsers - this.shards.reduce((sum, { seen }) => sum + seen.size, 0);
  }

  /** Removes users that have left the window. */
  private forget(): void {
    const nowMs = this.now();
    for (const shard of this.shards) {
      for (const [userId, atMs] of shard.seen) {
        if (nowMs - atMs >= windowMs && shard.seen.delete(userId)) shard.isStored = false;
      }
    }
  }

  private shardOf(userId: string): Shard {
    let hash = 0;
    for (let at = 0; at < userId.length; at += 1) hash = (Math.imul(hash, 31) + userId.charCodeAt(at)) >>> 0;
    const shard = this.shards[hash % shards];
    if (!shard) throw new RangeError('no shard');
    return shard;
  }

  private async store(within: TraceSpan | undefined): Promise<void> {
    const changed = this.shards.filter(({ isStored }) => !isStored);
    if (changed.length === 0) return;
    const attributes = { 'signalbox.presence.entries': changed.length };
    await traced(within?.begin('store users', { attributes }), async () => {
      await Promise.all(changed.map((shard) => this.storeShard(shard)));
    });
  }

  private async storeShard(shard: Shard): Promise<void> {
    const { key, version } = shard;
    const epochMs = this.wallMs() - this.now();
    const kept: Kept = [...shard.seen].map(([userId, atMs]) => [userId, epochMs + atMs]);
    shard.isStored = true;
    try {
      const entry =
        version === undefined
          ? await this.collection.putIfAbsent(key, kept)
          : await this.collection.compareAndSet(key, version, kept);
      if (entry) shard.version = entry.version;
      else {
        // Another process has written the entry: merge its users.
        await this.load(shard);
        shard.isStored = false;
      }
    } catch (error) {
      shard.isStored = false;
      throw error;
    }
  }

  private async load(shard: Shard): Promise<void> {
    const entry = await this.collection.get(shard.key);
    shard.version = entry?.version;
    const epochMs = this.wallMs() - this.now();
    for (const [userId, seenAtMs] of entry?.value ?? []) {
      // If the clock was set back, no sighting may lie in the future.
      const atMs = Math.min(seenAtMs - epochMs, this.now());
      shard.seen.set(userId, Math.max(atMs, shard.seen.get(userId) ?? atMs));
    }
  }
}
