import type { JobStore } from '../store/job-store.ts';

/**
 * Opens the store at an address, which is made there if there is none. Whoever opened it disposes it.
 * @throws SignalboxError `unavailable`, `bad_store`; `bad_usage` for an address that is wrong.
 */
export type StoreOpener = (address: string) => Promise<JobStore>;
