import { deepStrictEqual, fail } from 'node:assert/strict';
import type { ErrorCode } from '../../../schemas/index.ts';
import { SignalboxError } from '../../../schemas/index.ts';
import type { JobStore, Taken } from '../job-store.ts';
import type { Change, StoredJob, StoredJobFilter } from '../stored-job.ts';
import { holderOf } from './samples.ts';
import type { StorePlace } from './store-case.ts';

/** An open store with a holder, and the numbers of its batches. */
export class HeldStore implements AsyncDisposable {
  readonly store: JobStore;
  readonly taken: Taken;
  private lastBatch = 0;

  private constructor(store: JobStore, taken: Taken) {
    this.store = store;
    this.taken = taken;
  }

  static async open(place: StorePlace, epoch = 'epochone0000'): Promise<HeldStore> {
    const store = await place.open();
    return new HeldStore(store, await store.take(holderOf(epoch)));
  }

  async commit(...changes: readonly Change[]): Promise<void> {
    this.lastBatch += 1;
    await this.store.commit({ number: this.lastBatch, changes });
  }

  /** Logs this number of events. */
  async log(atMs: number, count: number): Promise<void> {
    this.lastBatch += 1;
    const { nextSeq } = this.taken;
    const events = Array.from({ length: count }, (_, at) => {
      return { type: 'client.expected', client: 'w1', atMs, seq: nextSeq + at } as const;
    });
    await this.store.commit({ number: this.lastBatch, changes: [], events });
  }

  async all(filter: StoredJobFilter = {}): Promise<readonly StoredJob[]> {
    return (await pagesOf(this.store, filter, 1_000)).flat();
  }

  /** The jobs in the store, as `NUMBER/CLIENT`. */
  async names(filter: StoredJobFilter = {}): Promise<readonly string[]> {
    return (await this.all(filter)).map(nameOf);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.store[Symbol.asyncDispose]());
  }
}

export const nameOf = ({ submission, client }: StoredJob): string => `${submission.number}/${client}`;

export async function pagesOf(
  store: JobStore,
  filter: StoredJobFilter,
  limit: number,
): Promise<readonly (readonly StoredJob[])[]> {
  const pages: (readonly StoredJob[])[] = [];
  for (let from: string | undefined; ; ) {
    const { jobs, next } = await store.list(filter, limit, from);
    pages.push(jobs);
    if (next === undefined) return pages;
    if (pages.length > 10_000) fail('there is always one more page');
    from = next;
  }
}

/** Compares values, regardless of the class of their bytes. */
export const same = (actual: unknown, expected: unknown): void => deepStrictEqual(plain(actual), plain(expected));

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** @returns the message of the error. */
export async function failsWith(code: ErrorCode, promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SignalboxError && error.code === code) return error.message;
    throw error;
  }
  return fail(`it was done and did not fail with ${code}`);
}
