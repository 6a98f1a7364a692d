import type { Stored } from './store/result-store.ts';

/** What happens in a writer. */
export interface WriterEvents {
  /** A batch is in the database. @param ms how long that took */
  stored(batch: Stored, ms: number): void;
  /** The database cannot be written; undefined: it works again. */
  storeFailing(error: Error | undefined): void;
  /** The broker cannot be read; undefined: it works again. */
  brokerFailing(error: Error | undefined): void;
  /** Messages of the partitions of this writer that are not stored. */
  lag(messages: number): void;
  /** Tables of days that are not kept any more. */
  dropped(tables: readonly string[]): void;
}
