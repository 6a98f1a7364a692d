import type { Stored } from './store/result-store.ts';

/** Receives the events of a writer. */
export interface WriterEvents {
  /** A batch was stored. @param ms how long that took */
  stored(batch: Stored, ms: number): void;
  /** Writing to the database fails; undefined: it works. */
  storeFailing(error: Error | undefined): void;
  /** Reading from the broker fails; undefined: it works. */
  brokerFailing(error: Error | undefined): void;
  /** Number of messages in the partitions of this writer that are not stored yet. */
  lag(messages: number): void;
  /** Tables of expired days were dropped. */
  dropped(tables: readonly string[]): void;
}
