import type { LoggedEvent } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { StoredClient, StoredJob, StoredSubmission } from './stored-job.ts';

/** One item of a store during export or import. */
export type StoredItem =
  /** The first item. */
  | { readonly type: 'store'; readonly id: string; readonly nextNumber: number }
  | { readonly type: 'epoch'; readonly epoch: string }
  | { readonly type: 'client'; readonly client: StoredClient }
  /** A submission, in order of number. Its jobs follow. */
  | { readonly type: 'submission'; readonly submission: StoredSubmission }
  /** A job of the preceding submission, in order of client. */
  | {
      readonly type: 'job';
      readonly job: Omit<StoredJob, 'submission'>;
      readonly output: readonly OutputRun[];
    }
  /** A job that `prune` has kept only for its client. */
  | { readonly type: 'tombstone'; readonly job: StoredJob }
  /** An entry of a collection, with its index. It gets a new version in the other store. */
  | {
      readonly type: 'entry';
      readonly collection: string;
      readonly key: string;
      readonly value: unknown;
      readonly index: Readonly<Record<string, string>>;
      readonly dueAtMs: number | undefined;
    }
  /** An event of the log, in order. */
  | { readonly type: 'event'; readonly event: LoggedEvent };

/** Additional operations of a durable store: export, import and maintenance. */
export interface StoreTransfer {
  /** Yields a consistent snapshot of everything, in the order of `StoredItem`, without a lock and with bounded memory. */
  export(): AsyncIterable<StoredItem>;
  /**
   * Imports everything, including the id, or nothing: after an error the store is as empty as before.
   * @throws SignalboxError `bad_store` if it has had jobs, `store_in_use` if a server holds it, `unavailable`
   */
  import(items: AsyncIterable<StoredItem>): Promise<void>;
  /**
   * Closes the store: `take` is refused with `bad_store` and this reason. `undefined` opens it again. Reading is still
   * possible.
   * @throws SignalboxError `store_in_use` if a server holds it.
   */
  setClosed(reason: string | undefined): Promise<void>;
  /**
   * Returns unused space to the file system.
   * @throws SignalboxError `store_in_use` if a server holds it.
   */
  vacuum(): Promise<void>;
}
