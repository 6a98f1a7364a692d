import { extname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SignalboxError } from '../../../schemas/index.ts';
import type { Collection } from '../collection.ts';
import { toEventRows, toLogPage } from '../event-rows.ts';
import type { Batch, Holder, JobStore, Keep, LogPage, Page, StoreInfo, Taken } from '../job-store.ts';
import { type Cursor, formatCursor, parseCursor } from '../page-cursor.ts';
import type { StoreTransfer } from '../store-transfer.ts';
import type { StoredJob, StoredJobFilter, StoredJobKey } from '../stored-job.ts';
import type { Sync } from './database.ts';
import { toOutput, toStoredClient, toStoredJobs } from './from-rows.ts';
import type { ReadOperations, WriteOperations } from './operations.ts';
import type { ChangeRow, JobRows } from './rows.ts';
import { createSqliteCollection } from './sqlite-collection.ts';
import { createSqliteTransfer } from './sqlite-transfer.ts';
import type { WorkerOrders } from './store-worker.ts';
import { bytesOf, toChangeRow } from './to-rows.ts';
import { pack, unpack } from './values.ts';
import { WorkerCalls } from './worker-calls.ts';

/** Options of `openSqliteStore`. */
export interface SqliteOptions {
  /** The file. Relative paths are resolved against the working folder. */
  readonly path: string;
  /**
   * `normal`: everything committed survives a kill of the process; a power failure may lose the last moments. `full`:
   * it also survives a power failure. Default: `normal`.
   */
  readonly sync?: Sync;
  /** Open an existing file without changing it. Default: false. */
  readonly readOnly?: boolean;
}

/** Maximum size of a message to the thread, and maximum number of rows in an answer. */
const maxMessageBytes = 4_194_304;
const maxPart = 1_000;

/**
 * Opens a store in a file, which is created if it is missing. Its folder must exist.
 * @throws SignalboxError `unavailable`, `bad_store`
 */
export async function openSqliteStore(options: SqliteOptions): Promise<JobStore> {
  const store = new SqliteStore(options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

class SqliteStore implements JobStore {
  readonly isDurable = true;
  readonly transfer: StoreTransfer;
  private readonly path: string;
  private readonly sync: Sync;
  private readonly readOnly: boolean;
  private readonly reader: WorkerCalls<ReadOperations>;
  private readonly writer: WorkerCalls<WriteOperations>;
  private storeId = '';
  /** Once the store is open, a missing file is not created again. */
  private mayCreate = false;
  private epoch: string | undefined;
  private replacement = Promise.withResolvers<SignalboxError>();

  constructor({ path, sync = 'normal', readOnly = false }: SqliteOptions) {
    this.path = resolve(path);
    this.sync = sync;
    this.readOnly = readOnly;
    this.reader = this.newReader();
    this.writer = this.newWriter(() => this.epoch);
    this.transfer = createSqliteTransfer({
      reader: () => this.newReader(),
      writer: () => this.newWriter(() => undefined),
      imported: (id) => {
        this.storeId = id;
      },
    });
  }

  async open(): Promise<void> {
    this.mayCreate = !this.readOnly;
    this.storeId = await (this.readOnly ? this.reader : this.writer).call('id');
    this.mayCreate = false;
  }

  get id(): string {
    return this.storeId;
  }

  async take(holder: Holder): Promise<Taken> {
    const { clients, ...next } = await this.writer.call('take', holder);
    this.epoch = holder.epoch;
    this.replacement = Promise.withResolvers();
    const { promise: replaced } = this.replacement;
    return { ...next, unsettled: await this.unsettled(), clients: clients.map(toStoredClient), replaced };
  }

  async commit({ number, changes, events = [] }: Batch): Promise<void> {
    const ownPrefix = `${this.epoch}.`;
    let part: ChangeRow[] = [];
    let bytes = 0;
    const add = (row: ChangeRow): void => {
      if (bytes > maxMessageBytes) {
        this.writer.post('addPart', number, part);
        part = [];
        bytes = 0;
      }
      part.push(row);
      bytes += bytesOf(row);
    };
    for (const change of changes) add(toChangeRow(change, ownPrefix));
    for (const row of toEventRows(events, pack)) add(['events', ...row]);
    await this.writer.call('commit', number, part);
  }

  async knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.reader.call('knownEpochs', epochs));
  }

  async find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]> {
    const found: StoredJob[] = [];
    for (let start = 0; start < jobs.length; start += maxPart) {
      found.push(...toStoredJobs(await this.reader.call('find', jobs.slice(start, start + maxPart))));
    }
    return found;
  }

  async list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page> {
    const start = from === undefined ? undefined : parseCursor(from);
    const { isPart, lowest, ...rows } = await this.reader.call('list', filter, limit, start);
    return { jobs: toStoredJobs(rows), next: isPart ? formatCursor({ ...cursorAt(rows), lowest }) : undefined };
  }

  async findByKey(actor: string, key: string): Promise<readonly StoredJob[]> {
    return toStoredJobs(await this.reader.call('findByKey', actor, key));
  }

  async output(job: StoredJobKey): ReturnType<JobStore['output']> {
    return toOutput(await this.reader.call('output', job));
  }

  async events(from: number, limit: number): Promise<LogPage> {
    return toLogPage(await this.reader.call('events', from, limit), { from, limit, unpack });
  }

  async prune(keep: Keep): Promise<number> {
    try {
      return await this.writer.call('prune', keep);
    } catch (error) {
      if (error instanceof SignalboxError && error.code === 'store_in_use') this.replacement.resolve(error);
      throw error;
    }
  }

  collection<Value>(name: string): Collection<Value> {
    return createSqliteCollection<Value>(name, this.reader, this.writer);
  }

  async info(): Promise<StoreInfo> {
    return { ...(await this.reader.call('info')), address: `sqlite:${this.path}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Closing the last connection merges the write-ahead log into the file, so the writer must be closed last.
    await this.reader[Symbol.asyncDispose]();
    await this.writer[Symbol.asyncDispose]();
  }

  /** All unsettled jobs, read in several parts. */
  private async unsettled(): Promise<readonly StoredJob[]> {
    const all: StoredJob[] = [];
    for (let after: Cursor = { number: 0, client: '' }; ; ) {
      const { isPart, ...rows } = await this.writer.call('unsettled', maxPart, after);
      const jobs = toStoredJobs(rows);
      // A submission can continue in the next part. Its jobs then share the object of the first part.
      const last = all.at(-1)?.submission;
      for (const job of jobs) all.push(job.submission.number === last?.number ? { ...job, submission: last } : job);
      if (!isPart) return all;
      after = cursorAt(rows);
    }
  }

  private newReader(): WorkerCalls<ReadOperations> {
    return new WorkerCalls(
      () => this.startWorker('read', undefined),
      (_, why) => this.notRead(why),
    );
  }

  /** @param epochOf returns the epoch for which a replacement thread has to hold the store. */
  private newWriter(epochOf: () => string | undefined): WorkerCalls<WriteOperations> {
    return new WorkerCalls(
      () => this.startWorker('write', epochOf()),
      (name, why) =>
        name === 'id' || name === 'unsettled'
          ? this.notRead(why)
          : new SignalboxError('unknown', `whether ${this.path} was written is unknown: ${why}`),
    );
  }

  private notRead(why: string): SignalboxError {
    return new SignalboxError('unavailable', `${this.path} was not read: ${why}; try again`);
  }

  private startWorker(use: 'read' | 'write', epoch: string | undefined): Worker {
    const { path, sync, mayCreate } = this;
    if (use === 'write' && this.readOnly) throw new SignalboxError('bad_usage', `${path} was opened for reading only`);
    const workerData: WorkerOrders = { path, use, sync, mayCreate, epoch };
    const program = new URL(`./store-worker${extname(import.meta.filename)}`, import.meta.url);
    // Options of this process, such as `--input-type`, do not apply to the thread.
    return new Worker(program, { workerData, execArgv: [] });
  }
}

function cursorAt({ jobs }: JobRows): Cursor {
  const [number, client] = jobs.at(-1) ?? [0, ''];
  return { number, client };
}
