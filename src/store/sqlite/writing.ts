import type { DatabaseSync } from 'node:sqlite';
import type { FileLock } from '../../file-lock.ts';
import { wordsOf } from '../../process/system-error.ts';
import type { Holder, Keep } from '../job-store.ts';
import { ChangeWriter } from './apply-changes.ts';
import type { Sync } from './database.ts';
import { EntryWriter } from './entries.ts';
import { failureOf, StoreFailure } from './failure.ts';
import { takeHolderLock } from './holder-lock.ts';
import { bindWaiting, LastCommit } from './last-commit.ts';
import { Pruner } from './pruning.ts';
import type { ChangeRow } from './rows.ts';
import { StoreFile } from './store-file.ts';
import { inUse, lost, prepareStoreRow, readStoreRow, type StoreRow } from './store-row.ts';
import { Upkeep } from './upkeep.ts';

/** A batch whose changes arrive in several parts. `isDone`: it was committed before. */
interface OpenBatch {
  readonly number: number;
  readonly last: number;
  readonly isDone: boolean;
  highest: number;
  failure?: StoreFailure;
}

/**
 * Writes to a store. Free until `take`, then held. Each transaction checks that: a server that was suspended and
 * replaced changes nothing. A transaction is open between the first and the last part of a batch.
 */
export class StoreWriter implements Disposable {
  readonly entries: EntryWriter;
  readonly upkeep: Upkeep;
  private readonly database: DatabaseSync;
  private readonly file: StoreFile;
  private readonly changes: ChangeWriter;
  private readonly pruner: Pruner;
  private readonly row;
  private readonly advance;
  private readonly beginning;
  private readonly ending;
  private readonly sync: Sync;
  private lock: FileLock | undefined;
  private last: LastCommit | undefined;
  private epoch: string | undefined;
  private batch: OpenBatch | undefined;

  constructor(database: DatabaseSync, path: string, sync: Sync) {
    this.database = database;
    this.sync = sync;
    this.file = new StoreFile(path);
    this.changes = new ChangeWriter(database);
    this.pruner = new Pruner(database);
    this.entries = new EntryWriter(database);
    this.upkeep = new Upkeep(database, path, sync);
    this.row = prepareStoreRow(database);
    this.beginning = database.prepare('BEGIN IMMEDIATE');
    this.ending = database.prepare('COMMIT');
    this.advance = database.prepare('UPDATE store SET last_batch = ?, next_number = max(next_number, ?)');
  }

  /** @returns the number of the next submission. */
  take(holder: Holder): number {
    const hadLock = this.lock !== undefined;
    this.lock ??= takeHolderLock(this.file.path);
    try {
      if (!this.lock) throw this.inUse();
      this.last ??= LastCommit.open(this.file.path);
      const nextNumber = this.transaction(() => this.becomeHolder(holder));
      this.last.committed(holder.epoch, this.readRow().last_batch);
      return nextNumber;
    } catch (error) {
      if (!hadLock) this.release();
      throw error;
    }
  }

  /** Continues as the holder after another thread of this server has failed. */
  resume(epoch: string): void {
    this.lock ??= takeHolderLock(this.file.path);
    this.epoch = epoch;
    if (!this.lock) throw this.inUse();
    this.checkHeld();
    this.last ??= LastCommit.open(this.file.path);
  }

  /** Errors are reported with the last part. */
  addPart(number: number, changes: readonly ChangeRow[]): void {
    if (this.batch?.failure) return;
    try {
      this.batch ??= this.begin(number);
      if (this.batch.isDone) return;
      this.batch.highest = Math.max(this.batch.highest, this.changes.apply(changes, this.epoch ?? ''));
    } catch (error) {
      this.rollback();
      const failure = failureOf(error, this.file.path);
      this.batch = { number, last: 0, isDone: false, highest: 0, failure };
    }
  }

  commit(number: number, changes: readonly ChangeRow[]): void {
    this.addPart(number, changes);
    const { batch } = this;
    this.batch = undefined;
    if (batch?.failure) throw batch.failure;
    if (!batch) return;
    if (!batch.isDone) {
      try {
        this.advance.run(number, batch.highest + 1);
      } catch (error) {
        this.rollback();
        throw error;
      }
      this.end();
    }
    this.noteLast(Math.max(batch.last, number));
  }

  prune(keep: Keep): number {
    return this.transaction(() => {
      this.checkHeld();
      return this.pruner.step(keep);
    });
  }

  transaction<Value>(run: () => Value): Value {
    this.file.check();
    this.beginning.run();
    let value: Value;
    try {
      value = run();
    } catch (error) {
      this.rollback();
      throw error;
    }
    this.end();
    return value;
  }

  [Symbol.dispose](): void {
    this.database.close();
    this.upkeep[Symbol.dispose]();
    this.release();
  }

  private begin(number: number): OpenBatch {
    if (!this.lock)
      throw new StoreFailure('store_in_use', `${this.file.path} is not held by this server; take it first`);
    this.file.check();
    this.beginning.run();
    const { last_batch: last } = this.checkHeld();
    if (number > last + 1) {
      throw new StoreFailure('unavailable', `batch ${number} precedes batch ${last + 1}; commit that one first`);
    }
    const isDone = number <= last;
    if (isDone) this.rollback();
    return { number, last, isDone, highest: 0 };
  }

  /** @throws StoreFailure `unknown` if the transaction may be committed. */
  private end(): void {
    try {
      this.ending.run();
    } catch (error) {
      this.rollback();
      throw failureOf(error, this.file.path, 'commit');
    }
  }

  private becomeHolder({ epoch, endpoint, host, pid }: Holder): number {
    const row = this.readRow();
    const { next_number: nextNumber, closed, epoch: last } = row;
    if (closed !== null) throw new StoreFailure('bad_store', `${this.file.path} is closed: ${closed}`);
    if (last !== epoch) {
      const insert = this.database.prepare('INSERT OR IGNORE INTO epochs (epoch) VALUES (?)');
      if (insert.run(epoch).changes === 0) throw new StoreFailure('internal', `epoch ${epoch} has ended`);
      const isProven = this.last?.proves(row, this.sync) === true;
      if (!isProven) bindWaiting(this.database);
      this.last?.taking(row, epoch, isProven);
      this.database.exec('UPDATE store SET last_batch = 0');
    }
    this.database
      .prepare('UPDATE store SET epoch = ?, endpoint = ?, host = ?, pid = ?')
      .run(epoch, endpoint, host, pid);
    this.epoch = epoch;
    return nextNumber;
  }

  /** The batch is committed, but this must not be reported until the note is written. */
  private noteLast(number: number): void {
    try {
      this.last?.committed(this.epoch ?? '', number);
    } catch (cause) {
      throw new StoreFailure('unknown', `${this.file.path}-last cannot be written: ${wordsOf(cause)}`, { cause });
    }
  }

  private checkHeld(): StoreRow {
    const row = this.readRow();
    if (!this.lock) throw this.inUse(row);
    if (row.epoch !== this.epoch || row.closed !== null) throw lost(this.file.path, row);
    return row;
  }

  private inUse(row = this.readRow()): StoreFailure {
    return inUse(this.file.path, row);
  }

  private readRow(): StoreRow {
    return readStoreRow(this.row);
  }

  private rollback(): void {
    this.changes.undone();
    if (this.database.isTransaction) this.database.exec('ROLLBACK');
  }

  private release(): void {
    this.last?.[Symbol.dispose]();
    this.last = undefined;
    this.lock?.[Symbol.dispose]();
    this.lock = undefined;
  }
}
