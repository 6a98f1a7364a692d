import type { SignalboxError } from '../../schemas/index.ts';
import type { LoggedEvent } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { Collection } from './collection.ts';
import type { StoreTransfer } from './store-transfer.ts';
import type { Change, StoredClient, StoredJob, StoredJobFilter, StoredJobKey } from './stored-job.ts';

/** The server that holds a store. */
export interface Holder {
  /** Boot id of the server: a store never holds the same one twice. */
  readonly epoch: string;
  readonly endpoint: string;
  readonly host: string;
  readonly pid: number;
}

/** What a server finds when it takes a store. */
export interface Taken {
  /** The next number of a submission. */
  readonly nextNumber: number;
  /** The next number of an event. */
  readonly nextSeq: number;
  /**
   * All jobs without an outcome, oldest first. If the store cannot prove that it is as its last holder left it, and no
   * older copy that was put back, those that were sent to nobody have the `unknownBoot` from then on.
   */
  readonly unsettled: readonly StoredJob[];
  readonly clients: readonly StoredClient[];
  /**
   * Resolves with `store_in_use` when the store finds that another server has taken it, though nothing is committed.
   * Undefined for a store that finds it at the next commit.
   */
  readonly replaced?: Promise<SignalboxError>;
}

/** Changes that are made together or not at all. */
export interface Batch {
  /**
   * Rises by one within an epoch, from 1. A batch that was committed before is not made again. One whose predecessor was
   * not committed is `unavailable`: what it changes may not be there. The number of one that was not done may be used
   * for other changes.
   */
  readonly number: number;
  readonly changes: readonly Change[];
  /**
   * What they tell, and what else has happened, for the log. Their numbers rise by one, from `nextSeq` of `take`. Default:
   * none.
   */
  readonly events?: readonly LoggedEvent[];
}

/** Which settled jobs may go. */
export interface Keep {
  /** Jobs that were settled before this time, in ms since the epoch. */
  readonly settledBeforeMs: number;
  /** The oldest ones go while the store is larger. */
  readonly maxBytes: number;
}

export interface Page {
  /** At most as many as were asked for; fewer where they are large. */
  readonly jobs: readonly StoredJob[];
  /** For the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/** A piece of the log of events. */
export interface LogPage {
  /** In order. At most as many as were asked for; fewer where they are large. */
  readonly events: readonly LoggedEvent[];
  /** Number of the oldest event that the log has; the next number if it has none. */
  readonly oldest: number;
  /** The number that the next event gets. */
  readonly next: number;
}

export interface StoreInfo {
  readonly id: string;
  /** Such as `sqlite:/var/lib/signalbox/store.db`, without a password. */
  readonly address: string;
  readonly schemaVersion: number;
  /** In use: what `prune` compares with `maxBytes`. A file can be larger until it is vacuumed. */
  readonly bytes: number;
  /** All jobs that `list` has. */
  readonly jobs: number;
  readonly unsettled: number;
  readonly epochs: number;
  /** Who holds it, or held it last. */
  readonly holder: Holder | undefined;
  /** Set by `copy`: a closed store takes no server any more. */
  readonly closed: string | undefined;
}

/**
 * Where a server keeps its jobs. Reading needs no `take`. Errors are `SignalboxError`s:
 *
 * - `unavailable`: nothing of it was done; trying again may help (full, slow, gone).
 * - `unknown`: it may have been done. The same batch again is committed at most once.
 * - `store_in_use`: another server holds it. A holder gets it when it was replaced: it must end.
 * - `bad_store`: not a store, damaged, closed, or of a newer version; it is unharmed.
 */
export interface JobStore extends AsyncDisposable {
  /** Goes with the data: a copy has the same one. */
  readonly id: string;
  /** Whether it outlives this process. */
  readonly isDurable: boolean;
  /**
   * Makes this server the holder, until the store is disposed, by whoever opened it, or somebody else takes it. Again with
   * the same epoch, it goes on after the last batch that was committed.
   */
  take(holder: Holder): Promise<Taken>;
  /** Batches are committed in the order of the calls; the next may be handed over before the last is committed. */
  commit(batch: Batch): Promise<void>;
  /** Which of these epochs are of this store. */
  knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>>;
  /** What it has of these jobs, also of those that `prune` has left only for their clients, in any order. */
  find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]>;
  /**
   * From the highest number to the lowest, jobs of one submission by client, backwards. What is submitted meanwhile is on
   * no later page.
   * @param limit 1 to 1,000.
   * @param from `next` of the page before, with the same filter.
   */
  list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page>;
  /** The jobs of the submission that an actor made with a key. */
  findByKey(actor: string, key: string): Promise<readonly StoredJob[]>;
  output(job: StoredJobKey): Promise<readonly OutputRun[]>;
  /**
   * The log of events, from a number on.
   * @param limit 1 to 1,000.
   */
  events(from: number, limit: number): Promise<LogPage>;
  /**
   * Deletes some settled jobs, the oldest first, and the events of their time, in a short step. A `lost` job without its real outcome is kept for `find`
   * alone, without arguments, result and output, while the process that it was bound to is the newest of its client.
   * @returns the number of jobs, and of pieces of the log, that are gone; 0 when none is left to delete.
   */
  prune(keep: Keep): Promise<number>;
  collection<Value>(name: string): Collection<Value>;
  info(): Promise<StoreInfo>;
  /** Undefined for a store that ends with its process. */
  readonly transfer?: StoreTransfer;
}
