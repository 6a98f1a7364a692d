import { randomUUID } from 'node:crypto';
import type { TraceAttributes, TraceSpan } from '../../../index.ts';
import { type Address, parseAddress } from '../../postgres/address.ts';
import { Lane } from '../../postgres/lane.ts';
import { migrateOwn, ownAddress } from '../../postgres/own-tables.ts';
import type { Session } from '../../postgres/session.ts';
import { presenceLimits } from '../model/limits.ts';
import { windowMs } from '../model/online.ts';
import type { Sighting } from '../model/sighting.ts';
import { traced } from '../trace/traced.ts';
import type { PresenceStore } from './presence-store.ts';
import { presenceTables } from './schema.ts';

export interface PostgresPresenceOptions {
  /** Time limit for a statement, in ms. Default: 5,000. */
  readonly statementMs?: number;
  /** The clock of sightings. */
  readonly now?: () => number;
}

// `now()` is the start time of the transaction. Rows in the future, from before a clock was set back, are set to the current time.
const upsert = `INSERT INTO online_users AS known (user_id, seen_at)
  SELECT user_id, now() - age_ms * interval '1 ms' FROM unnest($1::text[], $2::float8[]) AS given (user_id, age_ms)
  ON CONFLICT (user_id) DO UPDATE SET seen_at = least(clock_timestamp(), greatest(known.seen_at, excluded.seen_at))`;
const inWindow = `> now() - ${windowMs} * interval '1 ms'`;
const counted = `SELECT count(*) FROM online_users WHERE seen_at ${inWindow}`;
// One statement, so that both use the same snapshot.
const countedWithBatches = `SELECT (${counted}), ARRAY(
  SELECT traceparent FROM traced_batches WHERE stored_at ${inWindow} ORDER BY stored_at DESC LIMIT ${presenceLimits.maxLinks})`;
const noteBatch = `INSERT INTO traced_batches VALUES ($1, $2, now()) ON CONFLICT (gateway) DO UPDATE
  SET traceparent = excluded.traceparent, stored_at = excluded.stored_at`;
// Skips rows that another transaction is updating.
const prune = `WITH gone AS (DELETE FROM online_users WHERE user_id IN (
  SELECT user_id FROM online_users WHERE seen_at <= now() - ${windowMs} * interval '1 ms'
  LIMIT ${presenceLimits.maxBatchRows} FOR UPDATE SKIP LOCKED) RETURNING 1) SELECT count(*) FROM gone`;
/** Time limit for deleting rows, because batches wait meanwhile. */
const pruneMs = 500;
const pruneBatches = `DELETE FROM traced_batches WHERE gateway IN (
  SELECT gateway FROM traced_batches WHERE stored_at <= now() - ${windowMs} * interval '1 ms' FOR UPDATE SKIP LOCKED)`;

const closeMs = 1_000;

/**
 * Presence that any number of processes share. The first call connects, and so does the first one after each outage; calls
 * fail during an outage.
 * @throws SignalboxError `bad_usage` for the address
 */
export class PostgresPresence implements PresenceStore {
  readonly address: Address;
  private readonly now: () => number;
  /** Id of this process as a gateway. */
  private readonly id = randomUUID();
  private readonly writer: Lane;
  private readonly reader: Lane;

  constructor(address: string, { statementMs = 5_000, now = () => performance.now() }: PostgresPresenceOptions = {}) {
    this.address = ownAddress(parseAddress(address), presenceTables);
    this.now = now;
    const limits = { statementMs, lockMs: statementMs, idleMs: statementMs };
    const told = { onOpen: (session: Session) => migrateOwn(session, this.address, presenceTables) };
    this.writer = new Lane(this.address, limits, told);
    this.reader = new Lane(this.address, limits, told);
  }

  async put(sightings: readonly Sighting[], batch?: TraceSpan): Promise<void> {
    for (let from = 0; from < sightings.length; from += presenceLimits.maxBatchRows) {
      const rows = sightings.slice(from, from + presenceLimits.maxBatchRows);
      await traced(this.begin('INSERT', batch, { 'signalbox.presence.users': rows.length }), () =>
        this.writer.transaction(async (session) => {
          // Read after the transaction has started: waiting must not make a row newer than its pong.
          const nowMs = this.now();
          await session.query(upsert, [
            rows.map(({ userId }) => userId),
            rows.map(({ atMs }) => Math.max(0, nowMs - atMs)),
          ]);
          if (batch?.isSampled) await session.query(noteBatch, [this.id, batch.traceparent]);
        }),
      );
    }
  }

  count(asked?: TraceSpan): Promise<number> {
    return traced(this.begin('SELECT', asked), () =>
      this.reader.read(async (session) => {
        if (!asked?.isSampled) return (await session.query<[number]>(counted))[0]?.[0] ?? 0;
        const [[users, batches] = [0, []]] = await session.query<[number, readonly string[]]>(countedWithBatches);
        for (const batch of batches) asked.link(batch);
        return users;
      }),
    );
  }

  async prune(within?: TraceSpan): Promise<void> {
    const startMs = performance.now();
    await traced(this.begin('DELETE', within), async () => {
      await this.writer.transaction((session) => session.query(pruneBatches));
      for (;;) {
        const [row] = await this.writer.transaction((session) => session.query<[number]>(prune));
        if ((row?.[0] ?? 0) < presenceLimits.maxBatchRows || performance.now() - startMs > pruneMs) return;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lanes = [this.writer, this.reader];
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.abort(new Error(`no answer for ${closeMs / 1_000} s while it was closed`));
    }, closeMs);
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
    clearTimeout(timer);
  }

  /** https://opentelemetry.io/docs/specs/semconv/db/postgresql/ */
  private begin(operation: string, within: TraceSpan | undefined, more: TraceAttributes = {}): TraceSpan | undefined {
    const { database, schema, host, port } = this.address;
    return within?.begin(`${operation} online_users`, {
      kind: 'client',
      attributes: {
        ...{ 'db.system.name': 'postgresql', 'db.namespace': `${database}|${schema}` },
        ...{ 'db.operation.name': operation, 'db.collection.name': 'online_users' },
        ...{ 'server.address': host, 'server.port': port },
        ...more,
      },
    });
  }
}
