import type { JobStore } from '../job-store.ts';

/** A place for the data of a store. Each case gets a new, empty one. */
export interface StorePlace {
  /** Opens the store at this place. Each call returns a separate store, which the case disposes of. */
  open(): Promise<JobStore>;
  /** Opens a store at a second, empty place, for transfers between stores. */
  openOther?(): Promise<JobStore>;
}

/** One rule of the contract of stores. */
export interface StoreCase {
  /** A sentence about behaviour, for the name of the test. */
  readonly title: string;
  /** Whether the case opens the same place more than once, which requires a store that outlives its process. */
  readonly needsDurable: boolean;
  /** @throws AssertionError if the store breaks the rule. */
  run(place: StorePlace): Promise<void>;
}

export const rule = (title: string, run: StoreCase['run']): StoreCase => ({ title, needsDurable: false, run });

export const durableRule = (title: string, run: StoreCase['run']): StoreCase => ({ title, needsDurable: true, run });
