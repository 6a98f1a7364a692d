import type { LoggedEvent } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import type { StoredClient, StoredJob, StoredSubmission } from './stored-job.ts';

/** One thing of a store on its way out of it or into another one. */
export type StoredItem =
  /** The first one. */
  | { readonly type: 'store'; readonly id: string; readonly nextNumber: number }
  | { readonly type: 'epoch'; readonly epoch: string }
  | { readonly type: 'client'; readonly client: StoredClient }
  /** Its jobs follow. By number. */
  | { readonly type: 'submission'; readonly submission: StoredSubmission }
  /** Of the submission before it. By client. */
  | {
      readonly type: 'job';
      readonly job: Omit<StoredJob, 'submission'>;
      readonly output: readonly OutputRun[];
    }
  /** A job that `prune` has left only for its client. */
  | { readonly type: 'tombstone'; readonly job: StoredJob }
  /** Of a collection, with what it is found by. Its version is new in the other store. */
  | {
      readonly type: 'entry';
      readonly collection: string;
      readonly key: string;
      readonly value: unknown;
      readonly index: Readonly<Record<string, string>>;
      readonly dueAtMs: number | undefined;
    }
  /** Of the log, in order. */
  | { readonly type: 'event'; readonly event: LoggedEvent };

/** What a store that outlives its process offers besides: all of it, out of one and into another, and its upkeep. */
export interface StoreTransfer {
  /** All that it has, as it is at one moment, in the order of `StoredItem`. Takes no lock, and fills no memory. */
  export(): AsyncIterable<StoredItem>;
  /**
   * Takes over everything, with the id, all or nothing: after an error it is as empty as before.
   * @throws SignalboxError `bad_store` if it has had jobs, `store_in_use` if a server holds it, `unavailable`
   */
  import(items: AsyncIterable<StoredItem>): Promise<void>;
  /**
   * From now on `take` is refused with `bad_store`, and the reason is in the sentence; `undefined` allows it again. Reading
   * goes on.
   * @throws SignalboxError `store_in_use` if a server holds it.
   */
  setClosed(reason: string | undefined): Promise<void>;
  /**
   * Gives space that nothing uses any more back to the file system.
   * @throws SignalboxError `store_in_use` if a server holds it.
   */
  vacuum(): Promise<void>;
}
