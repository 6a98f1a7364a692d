import { SignalboxError } from '../../../../index.ts';
import { type Address, parseAddress } from '../../../postgres/address.ts';
import { Lane } from '../../../postgres/lane.ts';
import { migrateOwn, ownAddress } from '../../../postgres/own-tables.ts';
import type { Session } from '../../../postgres/session.ts';
import type { ResultMessage } from '../../kafka/result-message.ts';
import { dataFault } from './data-fault.ts';
import { dayOf } from './days.ts';
import { insertResults, type Row } from './insert-results.ts';
import type { Keeping } from './keeping.ts';
import { KnownChecks } from './known-checks.ts';
import { makeDay } from './partitions.ts';
import { putPoison } from './put-poison.ts';
import type { Poison, ReceivedResult } from './received.ts';
import { checkTables } from './tables.ts';
import { tidy } from './tidy.ts';

/** The outcome of a batch of messages. */
export interface Stored {
  /** New results. */
  readonly rows: number;
  /** Results that were stored before. */
  readonly duplicates: number;
  readonly poison: readonly Poison[];
}

/** Results for times further ahead are poison. */
const aheadMs = 86_400_000;
const putMs = 30_000;
const tidyMs = 300_000;
const tidyLockMs = 10_000;
const closeMs = 2_000;
const maxTries = 10;

/**
 * Results in PostgreSQL, shared by any number of writers. The first call connects, and so does the first one after each outage; calls fail
 * during an outage.
 */
export class ResultStore implements AsyncDisposable {
  readonly address: Address;
  private readonly keeping: Keeping;
  private readonly known = new KnownChecks();
  private readonly days = new Set<number>();
  private readonly writing: Lane;
  private readonly tidying: Lane;

  /** @throws SignalboxError `bad_usage` for the address */
  constructor(address: string, keeping: Keeping) {
    this.address = ownAddress(parseAddress(address), checkTables);
    this.keeping = keeping;
    const migrate = (session: Session) => migrateOwn(session, this.address, checkTables);
    this.writing = new Lane(
      this.address,
      { statementMs: putMs, lockMs: putMs, idleMs: putMs },
      {
        onOpen: async (session) => {
          await migrate(session);
          this.forget();
        },
      },
    );
    this.tidying = new Lane(
      this.address,
      { statementMs: tidyMs, lockMs: tidyLockMs, idleMs: putMs },
      { onOpen: migrate },
    );
  }

  /** Creates missing tables. */
  async open(): Promise<void> {
    await this.writing.read(async () => {});
  }

  /**
   * Stores results, and other messages as poison. Idempotent.
   * @throws SignalboxError `unavailable`, `unknown`, `bad_store`: the offsets must not be committed
   */
  async put(given: readonly ReceivedResult[], noResults: readonly Poison[]): Promise<Stored> {
    const [now] = await this.writing.read((session) => session.query<[number]>(nowMs));
    const { results, outside } = this.inTime(given, now?.[0] ?? Date.now());
    const { rows, poison } = await this.storeWhatCan(results);
    const all = [...noResults, ...outside, ...poison];
    if (all.length > 0) await this.writing.transaction((session) => putPoison(session, all));
    return { rows, duplicates: results.length - rows - poison.length, poison: all };
  }

  /** Creates partitions ahead, drops expired ones, and removes checks that have no results left. @returns the dropped tables */
  tidy(): Promise<readonly string[]> {
    return tidy(this.tidying, this.keeping);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lanes = [this.writing, this.tidying];
    this.tidying.abort(new SignalboxError('closed', 'the writer ends'));
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.abort(new Error(`no answer for ${closeMs / 1_000} s while it was closed`));
    }, closeMs);
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
    clearTimeout(timer);
  }

  /** Separates results outside of the stored period. Uses the clock of the database, as the removal of days does. */
  private inTime(given: readonly ReceivedResult[], nowMs: number) {
    const results: ReceivedResult[] = [];
    const outside: Poison[] = [];
    for (const one of given) {
      const { plannedAtMs } = one.result;
      const reason =
        plannedAtMs < nowMs - this.keeping.keepMs
          ? 'its time is older than what is kept'
          : plannedAtMs > nowMs + aheadMs
            ? 'its time is more than a day ahead'
            : undefined;
      if (reason === undefined) results.push(one);
      else outside.push({ received: one.received, reason });
    }
    return { results, outside };
  }

  /** Stores all results that PostgreSQL accepts. Finds the others by bisection. */
  private async storeWhatCan(
    results: readonly ReceivedResult[],
    isAgain = false,
  ): Promise<{ rows: number; poison: readonly Poison[] }> {
    if (results.length === 0) return { rows: 0, poison: [] };
    try {
      return { rows: await this.store(results), poison: [] };
    } catch (error) {
      const reason = dataFault(error);
      if (reason === undefined) throw error;
      // A cached day may have been dropped.
      this.forget();
      if (!isAgain) return await this.storeWhatCan(results, true);
      const [only] = results;
      if (only && results.length === 1) return { rows: 0, poison: [{ received: only.received, reason }] };
      const half = Math.ceil(results.length / 2);
      const first = await this.storeWhatCan(results.slice(0, half), true);
      const second = await this.storeWhatCan(results.slice(half), true);
      return { rows: first.rows + second.rows, poison: [...first.poison, ...second.poison] };
    }
  }

  private async store(given: readonly ReceivedResult[]): Promise<number> {
    const results = given.map(({ result }) => result);
    for (let rows = 0, tries = 1; tries <= maxTries; tries += 1) {
      await this.writing.read((session) => this.known.meet(session, results));
      await this.makeDays(results);
      const done = await this.writing.transaction(async (session) => {
        const named = this.named(results);
        return named && (await insertResults(session, named));
      });
      rows += done?.stored ?? 0;
      if (done?.unnamed === 0) return rows;
      // Some cached checks were removed meanwhile because they had no results left.
      this.known.forget();
    }
    throw new SignalboxError('unavailable', `${this.address.text}: checks are removed as soon as they are created`);
  }

  private async makeDays(results: readonly ResultMessage[]): Promise<void> {
    for (const day of new Set(results.map(({ plannedAtMs }) => dayOf(plannedAtMs)))) {
      if (this.days.has(day)) continue;
      await this.writing.transaction((session) => makeDay(session, day));
      this.days.add(day);
    }
  }

  /** @returns undefined if a check is not cached: it was removed meanwhile, or a new session cleared the cache */
  private named(results: readonly ResultMessage[]): readonly Row[] | undefined {
    const rows: Row[] = [];
    for (const result of results) {
      const known = this.known.of(result);
      if (!known) return undefined;
      rows.push({ checkId: known.id, url: known.url, result });
    }
    return rows;
  }

  private forget(): void {
    this.known.forget();
    this.days.clear();
  }
}

const nowMs = 'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000';
