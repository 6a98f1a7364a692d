import type { JobStore } from '../store/job-store.ts';

/**
 * Opens the store at an address, which is made there if there is none. Whoever opened it disposes it.
 * @param use.readOnly for `signalbox store`: it must be there, and stays as it is.
 * @throws SignalboxError `unavailable`, `bad_store`; `bad_usage` for an address that is wrong.
 */
export type StoreOpener = (address: string, use: { readonly readOnly: boolean }) => Promise<JobStore>;
