import type { SignalboxError } from '../../schemas/index.ts';
import type { LoggedEvent } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { Collection } from './collection.ts';
import type { StoreTransfer } from './store-transfer.ts';
import type { Change, StoredClient, StoredJob, StoredJobFilter, StoredJobKey } from './stored-job.ts';

/** The server that holds a store. */
export interface Holder {
  /** Boot id of the server. A store is never held twice with the same one. */
  readonly epoch: string;
  /** The endpoint that its clients connect to. */
  readonly endpoint: string;
  readonly host: string;
  readonly pid: number;
}

/** The state of a store when a server takes it. */
export interface Taken {
  /** Number of the next submission. */
  readonly nextNumber: number;
  /** Number of the next event. */
  readonly nextSeq: number;
  /**
   * All jobs without an outcome, oldest first. If the store cannot prove that it is in the state in which its last
   * holder left it, rather than an older copy that was restored, jobs that were not sent have the `unknownBoot` from
   * then on.
   */
  readonly unsettled: readonly StoredJob[];
  /** The clients that were recorded. */
  readonly clients: readonly StoredClient[];
  /**
   * Resolves with `store_in_use` if the store detects, without a commit, that another server has taken it. Undefined
   * for a store that detects it at the next commit.
   */
  readonly replaced?: Promise<SignalboxError>;
}

/** Changes that are committed together or not at all. */
export interface Batch {
  /**
   * Increases by one within an epoch, from 1. A batch that was already committed is not committed again. A batch whose
   * predecessor was not committed is `unavailable`, because the jobs that it changes may not exist. The number of a batch that
   * was not committed may be reused for other changes.
   */
  readonly number: number;
  readonly changes: readonly Change[];
  /** Events for the log. Their numbers increase by one, from `nextSeq` of `take`. Default: none. */
  readonly events?: readonly LoggedEvent[];
}

/** Which settled jobs may be deleted. */
export interface Keep {
  /** Jobs that were settled before this time, in ms since the epoch. */
  readonly settledBeforeMs: number;
  /** Maximum size of the store, in bytes. Above it the oldest jobs may be deleted, too. */
  readonly maxBytes: number;
}

/** A page of jobs. */
export interface Page {
  /** At most the requested number; fewer if they are large. */
  readonly jobs: readonly StoredJob[];
  /** `from` of the next page. Undefined on the last page. */
  readonly next: string | undefined;
}

/** A page of the log of events. */
export interface LogPage {
  /** In order. At most the requested number; fewer if they are large. */
  readonly events: readonly LoggedEvent[];
  /** Number of the oldest event in the log; the next number if it has none. */
  readonly oldest: number;
  /** The number of the next event. */
  readonly next: number;
}

/** Information about a store. */
export interface StoreInfo {
  readonly id: string;
  /** Such as `sqlite:/var/lib/signalbox/store.db`, without a password. */
  readonly address: string;
  readonly schemaVersion: number;
  /** Bytes in use, which `prune` compares with `maxBytes`. The file may be larger until it is vacuumed. */
  readonly bytes: number;
  /** Number of jobs that `list` returns. */
  readonly jobs: number;
  /** Number of jobs without an outcome. */
  readonly unsettled: number;
  /** Number of servers that have held it. */
  readonly epochs: number;
  /** The current holder, or the last one. */
  readonly holder: Holder | undefined;
  /** The reason if `copy` has closed it: then it accepts no server. */
  readonly closed: string | undefined;
}

/**
 * Where a server keeps its jobs. Reading does not require `take`. Errors are `SignalboxError`s:
 *
 * - `unavailable`: nothing was done. A retry may help (full, slow, unreachable).
 * - `unknown`: it may have been done. If the same batch is committed again, it is applied at most once.
 * - `store_in_use`: another server holds the store. A holder that gets it was replaced and must end.
 * - `bad_store`: it is not a store, or damaged, closed, or from a newer version. It is unchanged.
 */
export interface JobStore extends AsyncDisposable {
  /** Belongs to the data: a copy has the same id. */
  readonly id: string;
  /** Whether it survives this process. */
  readonly isDurable: boolean;
  /**
   * Makes this server the holder, until whoever opened the store disposes of it or another server takes it. If called
   * again with the same epoch, it continues after the last committed batch.
   */
  take(holder: Holder): Promise<Taken>;
  /** Commits batches in the order of the calls. The next batch may be passed before the previous one is committed. */
  commit(batch: Batch): Promise<void>;
  /** Returns which of these epochs belong to this store. */
  knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>>;
  /** Finds these jobs, including those that `prune` has kept only for their clients, in any order. */
  find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]>;
  /**
   * Jobs in descending order of number, and within a submission in descending order of client. Jobs that are submitted
   * meanwhile do not appear on later pages.
   * @param limit 1 to 1,000.
   * @param from `next` of the previous page, with the same filter.
   */
  list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page>;
  /** The jobs of the submission that an actor made with a key. */
  findByKey(actor: string, key: string): Promise<readonly StoredJob[]>;
  /** The retained output of a job. */
  output(job: StoredJobKey): Promise<readonly OutputRun[]>;
  /**
   * Events of the log from a number on.
   * @param limit 1 to 1,000.
   */
  events(from: number, limit: number): Promise<LogPage>;
  /**
   * Deletes some settled jobs, the oldest first, and the events of their time, in a short step. A `lost` job whose real
   * outcome is missing is kept, for `find` only and without arguments, result and output, while the process that it was
   * bound to is the newest one of its client.
   * @returns the number of deleted jobs and pieces of the log; 0 if there is nothing left to delete.
   */
  prune(keep: Keep): Promise<number>;
  /** Opens the collection with this name. */
  collection<Value>(name: string): Collection<Value>;
  /** Describes the store, for `signalbox store info`. */
  info(): Promise<StoreInfo>;
  /** Undefined for a store that ends with its process. */
  readonly transfer?: StoreTransfer;
}
