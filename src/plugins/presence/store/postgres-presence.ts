import { type Address, parseAddress } from '../../postgres/address.ts';
import { Lane } from '../../postgres/lane.ts';
import { presenceLimits } from '../model/limits.ts';
import { windowMs } from '../model/online.ts';
import type { Sighting } from '../model/sighting.ts';
import type { PresenceStore } from './presence-store.ts';
import { migrate, presenceAddress } from './schema.ts';

export interface PostgresPresenceOptions {
  /** How long PostgreSQL may take for one statement. Default: 5,000. */
  readonly statementMs?: number;
  /** The clock of sightings. */
  readonly now?: () => number;
}

// `now()` is when the transaction began. A row in the future, left by a clock that was set back, becomes one of now.
const upsert = `INSERT INTO online_users AS known (user_id, seen_at)
  SELECT user_id, now() - age_ms * interval '1 ms' FROM unnest($1::text[], $2::float8[]) AS given (user_id, age_ms)
  ON CONFLICT (user_id) DO UPDATE SET seen_at = least(clock_timestamp(), greatest(known.seen_at, excluded.seen_at))`;
const counted = `SELECT count(*) FROM online_users WHERE seen_at > now() - ${windowMs} * interval '1 ms'`;
// Rows that are about to be written again are left to who writes them.
const prune = `DELETE FROM online_users WHERE user_id IN (
  SELECT user_id FROM online_users WHERE seen_at <= now() - ${windowMs} * interval '1 ms'
  LIMIT ${presenceLimits.maxBatchRows} FOR UPDATE SKIP LOCKED)`;

const closeMs = 1_000;

/**
 * Presence that any number of processes share. It is opened with the first call, and again after each outage; calls fail
 * meanwhile.
 * @throws SignalboxError `bad_usage` for the address
 */
export class PostgresPresence implements PresenceStore {
  readonly address: Address;
  private readonly now: () => number;
  private readonly writer: Lane;
  private readonly reader: Lane;

  constructor(address: string, { statementMs = 5_000, now = () => performance.now() }: PostgresPresenceOptions = {}) {
    this.address = presenceAddress(parseAddress(address));
    this.now = now;
    const limits = { statementMs, lockMs: statementMs, idleMs: statementMs };
    const told = { onOpen: (session: Parameters<typeof migrate>[0]) => migrate(session, this.address) };
    this.writer = new Lane(this.address, limits, told);
    this.reader = new Lane(this.address, limits, told);
  }

  async put(sightings: readonly Sighting[]): Promise<void> {
    for (let from = 0; from < sightings.length; from += presenceLimits.maxBatchRows) {
      const batch = sightings.slice(from, from + presenceLimits.maxBatchRows);
      await this.writer.transaction(async (session) => {
        // The transaction has begun, so its time is not after this one: whatever it waits for, no row becomes young.
        const nowMs = this.now();
        await session.query(upsert, [
          batch.map(({ userId }) => userId),
          batch.map(({ atMs }) => Math.max(0, nowMs - atMs)),
        ]);
      });
    }
  }

  count(): Promise<number> {
    return this.reader.read(async (session) => (await session.query<[number]>(counted))[0]?.[0] ?? 0);
  }

  async prune(): Promise<void> {
    await this.writer.transaction((session) => session.query(prune));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lanes = [this.writer, this.reader];
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.abort(new Error(`no answer for ${closeMs / 1_000} s while it was closed`));
    }, closeMs);
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
    clearTimeout(timer);
  }
}
