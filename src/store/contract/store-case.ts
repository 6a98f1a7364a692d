import type { JobStore } from '../job-store.ts';

/** Where a store keeps its data. Each case gets a new one, which is empty. */
export interface StorePlace {
  /** Opens what is there. Each call gives a store of its own, which the case disposes. */
  open(): Promise<JobStore>;
  /** Opens a second place, which is empty: for what goes from one store to another. */
  openOther?(): Promise<JobStore>;
}

/** One rule that every store keeps. */
export interface StoreCase {
  /** A sentence about behaviour: the name of the test. */
  readonly title: string;
  /** Opens the same place more than once: not for a store that ends with its process. */
  readonly needsDurable: boolean;
  /** @throws AssertionError where the store breaks the rule. */
  run(place: StorePlace): Promise<void>;
}

export const rule = (title: string, run: StoreCase['run']): StoreCase => ({ title, needsDurable: false, run });

export const durableRule = (title: string, run: StoreCase['run']): StoreCase => ({ title, needsDurable: true, run });
