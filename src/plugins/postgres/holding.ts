import { type Batch, type Holder, SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { applySegment } from './apply-changes.ts';
import { bindIfOlder, setsMark } from './last-commit.ts';
import { addEvents } from './log.ts';
import { segmentsOf } from './segments.ts';
import type { Session } from './session.ts';

type Row = readonly [
  epoch: string | null,
  endpoint: string | null,
  host: string | null,
  pid: number | null,
  lastBatch: number,
  closed: string | null,
  nextNumber: number,
  heartbeat: string | null,
  hasExpired: boolean | null,
];

// Uses the clock of the database: those of servers differ. While it is down, no server can send heartbeats.
const rowQuery = `SELECT epoch, endpoint, host, pid, last_batch, closed, next_number, heartbeat_at::text,
  greatest(heartbeat_at, pg_postmaster_start_time()) + lease_ms * interval '1 ms' < clock_timestamp() FROM store`;

/** Another server holds the store. */
interface Held {
  readonly error: SignalboxError;
  /** Its session is gone: the server has ended, or it will reconnect and send a heartbeat. */
  readonly isGone: boolean;
  /** Changes with each heartbeat. */
  readonly heartbeat: string;
}

/**
 * The row of `store` with the epoch of its holder, used within a transaction of the caller. Each transaction that changes jobs
 * first updates this row where it has the epoch of its server. A server that was suspended and replaced, or whose store was
 * closed, finds no such row. A transaction waits while another server takes the store.
 */
export class Holding {
  private readonly address: Address;
  private readonly leaseMs: number;
  epoch: string | undefined;

  constructor(address: Address, leaseMs: number) {
    this.address = address;
    this.leaseMs = leaseMs;
  }

  /**
   * Takes the store.
   * @param timeline the timeline that PostgreSQL writes.
   * @param dead the last heartbeat of a server that counts as dead.
   * @returns the next number of a submission, or the server that holds the store.
   */
  async take(
    session: Session,
    holder: Holder,
    { timeline, dead }: { timeline: string; dead: string | undefined },
  ): Promise<number | Held> {
    const row = await this.row(session, 'FOR UPDATE');
    const [epoch, , , , , closed, nextNumber, heartbeat, hasExpired] = row;
    if (closed !== null) throw new SignalboxError('bad_store', this.closed(closed));
    const isMine = epoch !== null && (epoch === this.epoch || epoch === holder.epoch);
    if (epoch !== null && heartbeat !== null && !isMine && hasExpired !== true && heartbeat !== dead) {
      const [gone] = await session.query<[boolean]>(
        'SELECT pg_try_advisory_xact_lock(hashtext($1), hashtext($2))',
        this.presence(epoch),
      );
      return { error: this.inUse(row), isGone: gone?.[0] === true, heartbeat };
    }
    if (epoch !== holder.epoch) {
      const insert = 'INSERT INTO epochs (epoch) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1';
      if ((await session.query(insert, [holder.epoch])).length === 0) throw this.inUse(row);
      await bindIfOlder(session, timeline);
    }
    await session.query(
      `UPDATE store SET last_batch = CASE WHEN epoch = $1 THEN last_batch ELSE 0 END, epoch = $1, endpoint = $2, host = $3,
        pid = $4, lease_ms = $5, heartbeat_at = clock_timestamp(), ${setsMark}`,
      [holder.epoch, holder.endpoint, holder.host, holder.pid, this.leaseMs],
    );
    return nextNumber;
  }

  /** Shows, with a shared lock, that the server of this session is alive. An older session of the server may still have the lock. */
  async show(session: Session): Promise<void> {
    await session.query('SELECT pg_advisory_unlock_all()');
    if (this.epoch === undefined) return;
    await session.query('SELECT pg_advisory_lock_shared(hashtext($1), hashtext($2))', this.presence(this.epoch));
  }

  /** Sends a heartbeat. @throws SignalboxError `store_in_use` if another server holds the store */
  async beat(session: Session): Promise<void> {
    const update = `UPDATE store SET heartbeat_at = clock_timestamp(), ${setsMark}
      WHERE epoch = $1 AND closed IS NULL RETURNING 1`;
    const { length } = await session.query(update, [this.epoch ?? '']);
    if (length === 0) throw this.lost(await this.row(session));
  }

  async release(session: Session): Promise<void> {
    await session.query(`UPDATE store SET heartbeat_at = NULL, ${setsMark} WHERE epoch = $1`, [this.epoch ?? '']);
  }

  /** Applies a batch exactly once. */
  async commit(session: Session, { number, changes, events = [] }: Batch): Promise<void> {
    const highest = changes.reduce(
      (max, change) => (change.type === 'submitted' ? Math.max(max, change.submission.number) : max),
      0,
    );
    const update = `UPDATE store SET last_batch = $2, next_number = greatest(next_number, $3), heartbeat_at = clock_timestamp(),
        ${setsMark}
      WHERE epoch = $1 AND closed IS NULL AND last_batch = $2::bigint - 1 RETURNING 1`;
    const { length } = await session.query(update, [this.epoch ?? '', number, highest + 1]);
    if (length === 0) {
      const row = await this.row(session);
      const [epoch, , , , last, closed] = row;
      if (this.epoch === undefined || epoch !== this.epoch || closed !== null) throw this.lost(row);
      if (number <= last) return;
      const text = `batch ${number} precedes batch ${last + 1}; commit that one first`;
      throw new SignalboxError('unavailable', text);
    }
    for (const segment of segmentsOf(changes)) await applySegment(session, segment);
    await addEvents(session, events);
  }

  /** @throws SignalboxError `store_in_use` if another server holds the store, `bad_store` if it is closed */
  async checkWritable(session: Session): Promise<void> {
    const row = await this.row(session);
    const [epoch, , , , , closed] = row;
    if (closed !== null) throw new SignalboxError('bad_store', this.closed(closed));
    if (this.epoch !== undefined && epoch !== this.epoch) throw this.lost(row);
  }

  /** @throws SignalboxError `store_in_use` if a server holds the store */
  async checkFree(session: Session): Promise<void> {
    const row = await this.row(session, 'FOR UPDATE');
    const [epoch, , , , , , , heartbeat, hasExpired] = row;
    if (epoch !== null && heartbeat !== null && hasExpired !== true) throw this.inUse(row);
  }

  private async row(session: Session, lock = ''): Promise<Row> {
    const [row] = await session.query<Row>(`${rowQuery} ${lock}`);
    if (!row) throw new SignalboxError('bad_store', `${this.address.text} is damaged: its table store is empty`);
    return row;
  }

  private closed(why: string): string {
    return `${this.address.text} is closed: ${why}`;
  }

  /** Why this server no longer holds the store. */
  private lost(row: Row): SignalboxError {
    const [, endpoint, host, pid, , closed] = row;
    if (this.epoch === undefined) return this.inUse(row);
    if (closed !== null) return new SignalboxError('store_in_use', this.closed(closed));
    const holder = `the server at ${endpoint} (process ${pid} on ${host})`;
    return new SignalboxError('store_in_use', `${this.address.text} was taken by ${holder}; this server ends`);
  }

  private presence(epoch: string): [string, string] {
    return [`signalbox ${this.address.schema}`, epoch];
  }

  private inUse([epoch, endpoint, host, pid]: Row): SignalboxError {
    const { text } = this.address;
    const message =
      this.epoch === undefined && epoch === null
        ? `this server has not taken ${text}`
        : `${text} is held by the server at ${endpoint} (process ${pid} on ${host}); end that server first`;
    return new SignalboxError('store_in_use', message);
  }
}
