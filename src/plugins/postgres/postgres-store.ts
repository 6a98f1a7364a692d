import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Batch,
  type Collection,
  type Holder,
  type JobStore,
  type Keep,
  type LogPage,
  type OutputRun,
  type Page,
  SignalboxError,
  type StoredJob,
  type StoredJobFilter,
  type StoredJobKey,
  type StoreInfo,
  type StoreTransfer,
  type Taken,
} from '../../index.ts';
import { type Address, parseAddress } from './address.ts';
import { Heartbeat } from './heartbeat.ts';
import { Holding } from './holding.ts';
import { Lane } from './lane.ts';
import { timelineOf } from './last-commit.ts';
import { nextSeq, readLog } from './log.ts';
import { checkVersion, migrate } from './migrations.ts';
import { createPostgresCollection } from './postgres-collection.ts';
import { createTransfer } from './postgres-transfer.ts';
import { pruneStep } from './pruning.ts';
import { all, clients, find, list, outputOf } from './reading.ts';
import { infoQuery, toInfo } from './store-info.ts';
import { toText } from './values.ts';

export interface PostgresOptions {
  /** Time without a heartbeat after which another server may take the store, in ms. Default: `lease` of the address. */
  readonly leaseMs?: number;
  /** Time limit for a statement that writes, in ms. Default: 12,000. */
  readonly statementMs?: number;
  /** Opens an existing store without changing it. Default: false. */
  readonly readOnly?: boolean;
}

/** Time for a server to reconnect after its session has ended, while another server waits for its store. */
const comeBackMs = 2_000;
/** How long closing waits for pending operations. */
const closeMs = 1_000;
const lockMs = 5_000;
const readMs = 30_000;

/**
 * Opens a store in PostgreSQL. Creates it in the schema of the address if there is none.
 * @param address `postgres://USER@HOST:PORT/DATABASE?schema=signalbox&sslmode=verify-full…`. Missing parts come from the
 *   environment variables of libpq, the password from `PGPASSWORD` or `PGPASSFILE`.
 * @throws SignalboxError `bad_usage`, `unavailable`, `bad_store`, `store_in_use`
 */
export async function openPostgresStore(address: string, options: PostgresOptions = {}): Promise<JobStore> {
  const store = new PostgresStore(parseAddress(address), options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Uses three sessions, each opened on demand and again after it has ended. The first writes jobs, and stays open while this
 * server holds the store. The second writes collections. The third reads.
 */
class PostgresStore implements JobStore {
  readonly isDurable = true;
  readonly transfer: StoreTransfer;
  private readonly address: Address;
  private readonly leaseMs: number;
  private readonly readOnly: boolean;
  private readonly holding: Holding;
  private readonly writer: Lane;
  private readonly entries: Lane;
  private readonly reader: Lane;
  private readonly closing = new AbortController();
  private heartbeat: Heartbeat | undefined;
  /** Why this server no longer holds the store. */
  private replaced: SignalboxError | undefined;
  private replacement = Promise.withResolvers<SignalboxError>();
  private closed: Promise<void> | undefined;
  private storeId = '';

  constructor(
    address: Address,
    { leaseMs = address.leaseMs, statementMs = 12_000, readOnly = false }: PostgresOptions,
  ) {
    this.address = address;
    this.leaseMs = leaseMs;
    this.readOnly = readOnly;
    this.holding = new Holding(address, leaseMs);
    const limits = { statementMs, lockMs, idleMs: Math.min(lockMs, Math.ceil(leaseMs / 2)), readOnly };
    this.writer = new Lane(address, limits, {
      onOpen: (session) => this.holding.show(session),
      onLoss: () => this.heartbeat?.soon(),
    });
    this.entries = new Lane(address, limits);
    this.transfer = createTransfer(address, this.holding, () => this.loadId());
    this.reader = new Lane(address, { ...limits, statementMs: readMs });
  }

  async open(): Promise<void> {
    await this.writer.transaction((session) =>
      this.readOnly ? checkVersion(session, this.address) : migrate(session, this.address, randomUUID),
    );
    await this.loadId();
  }

  get id(): string {
    return this.storeId;
  }

  async take(holder: Holder): Promise<Taken> {
    const nextNumber = await this.becomeHolder(holder);
    this.holding.epoch = holder.epoch;
    this.replaced = undefined;
    this.replacement = Promise.withResolvers();
    await this.writer.read((session) => this.holding.show(session));
    this.heartbeat?.[Symbol.dispose]();
    this.heartbeat = new Heartbeat(() => this.beat(), Math.min(5_000, this.leaseMs / 4));
    return await this.writer.read(async (session) => ({
      nextNumber,
      nextSeq: await nextSeq(session),
      unsettled: await all(session, (where) => where.add('j.outcome IS NULL')),
      clients: await clients(session),
      replaced: this.replacement.promise,
    }));
  }

  async commit(batch: Batch): Promise<void> {
    await this.held(() => this.writer.transaction((session) => this.holding.commit(session, batch)));
  }

  knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>> {
    return this.reader.read(async (session) => {
      const rows = await session.query<[string]>('SELECT epoch FROM epochs WHERE epoch = ANY($1)', [epochs]);
      return new Set(rows.map(([epoch]) => epoch));
    });
  }

  find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]> {
    return this.reader.read((session) => find(session, jobs));
  }

  list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page> {
    return this.reader.read((session) => list(session, filter, limit, from));
  }

  findByKey(actor: string, key: string): Promise<readonly StoredJob[]> {
    return this.reader.read((session) =>
      all(session, (where) => where.add('s.actor = $? AND s.key = $?', toText(actor), toText(key))),
    );
  }

  output(job: StoredJobKey): Promise<readonly OutputRun[]> {
    return this.reader.read((session) => outputOf(session, job));
  }

  events(from: number, limit: number): Promise<LogPage> {
    return this.reader.read((session) => readLog(session, from, limit));
  }

  prune(keep: Keep): Promise<number> {
    return this.held(() =>
      this.writer.transaction(async (session) => {
        await this.holding.beat(session);
        return await pruneStep(session, keep);
      }),
    );
  }

  collection<Value>(name: string): Collection<Value> {
    return createPostgresCollection<Value>(name, { reader: this.reader, writer: this.entries, holding: this.holding });
  }

  info(): Promise<StoreInfo> {
    return this.reader.read(async (session) => toInfo(await session.query(infoQuery), this.address.text));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed ??= this.close();
    return this.closed;
  }

  private async close(): Promise<void> {
    this.closing.abort();
    this.heartbeat?.[Symbol.dispose]();
    const lanes = [this.writer, this.entries, this.reader];
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.abort(new Error(`no answer for ${closeMs / 1_000} s while it was closed`));
    }, closeMs);
    if (this.holding.epoch !== undefined && !this.replaced) {
      // If this fails, another server detects the end by the missing session.
      await this.writer.transaction((session) => this.holding.release(session)).catch(() => {});
    }
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
    clearTimeout(timer);
  }

  private async loadId(): Promise<void> {
    const [row] = await this.writer.read((session) => session.query<[string]>('SELECT id FROM store'));
    this.storeId = row?.[0] ?? '';
  }

  /** Waits for a server whose session has ended: it may only have lost its connection. */
  private async becomeHolder(holder: Holder): Promise<number> {
    const graceMs = Math.min(comeBackMs, this.leaseMs);
    const timeline = await this.reader.read(timelineOf).catch(() => '');
    let last: { heartbeat: string; atMs: number } | undefined;
    for (;;) {
      const isDead = last && performance.now() - last.atMs >= graceMs;
      const found = await this.writer.transaction((session) =>
        this.holding.take(session, holder, { timeline, dead: isDead ? last?.heartbeat : undefined }),
      );
      if (typeof found === 'number') return found;
      if (!found.isGone) throw found.error;
      if (last?.heartbeat !== found.heartbeat) last = { heartbeat: found.heartbeat, atMs: performance.now() };
      await delay(graceMs / 10, undefined, { signal: this.closing.signal }).catch(() => {
        throw new SignalboxError('closed', 'the store is closed');
      });
    }
  }

  private async beat(): Promise<void> {
    if (this.replaced) return;
    await this.held(() => this.writer.transaction((session) => this.holding.beat(session)));
  }

  private async held<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.replaced) throw this.replaced;
    try {
      return await work();
    } catch (error) {
      const isReplaced = error instanceof SignalboxError && error.code === 'store_in_use';
      if (isReplaced && this.holding.epoch !== undefined) {
        this.replaced = error;
        this.replacement.resolve(error);
      }
      throw error;
    }
  }
}
