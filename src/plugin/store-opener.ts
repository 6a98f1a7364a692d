import type { JobStore } from '../store/job-store.ts';

/**
 * Opens the store at an address, and creates it if it does not exist. Whoever opened it must dispose of it.
 * @param use.readOnly for `signalbox store`: it must exist, and is not changed.
 * @throws SignalboxError `unavailable`, `bad_store`; `bad_usage` for an address that is not valid.
 */
export type StoreOpener = (address: string, use: { readonly readOnly: boolean }) => Promise<JobStore>;
