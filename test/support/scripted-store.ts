import { SignalboxError } from '../../schemas/index.ts';
import type { Batch, Holder, JobStore, Keep, LogPage, Page, StoreInfo, Taken } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import type { Change, StoredJob, StoredJobFilter, StoredJobKey } from '../../src/store/stored-job.ts';
import { Changes } from './changes.ts';

/**
 * The result of a batch: `refused`, nothing of it is done; `forgotten`, it is done and the answer is lost; `vanished`,
 * it is not done and there is no answer; `replaced`, another server holds the store; a promise, it is done when that
 * resolves.
 */
export type Fate = 'done' | 'refused' | 'forgotten' | 'vanished' | 'replaced' | Promise<void>;

/** A store over another one, durable for its server, that fails and forgets answers on demand. */
export class ScriptedStore implements JobStore {
  readonly isDurable = true;
  readonly inner: JobStore;
  /** All given batches, in order, repeated ones included. */
  readonly given: Batch[] = [];
  /** Decides about each batch. */
  fateOf: (batch: Batch) => Fate = () => 'done';
  /** Awaited before each look-up. */
  beforeFind: () => Promise<void> = async () => {};
  private readonly changes = new Changes();

  constructor(inner: JobStore = createMemoryStore()) {
    this.inner = inner;
  }

  get id(): string {
    return this.inner.id;
  }

  /** The types of the given changes, by batch. */
  get words(): string[] {
    return this.given.map(({ number, changes }) => [number, ...changes.map(({ type }) => type)].join(' '));
  }

  /** Resolves when a batch with such a change has been given. */
  async gets(type: Change['type']): Promise<Batch> {
    return await this.changes.until(() => this.given.find(({ changes }) => changes.some((one) => one.type === type)));
  }

  /** Resolves when one more batch has been given. */
  async getsMore(): Promise<void> {
    const { length } = this.given;
    await this.changes.until(() => this.given.length > length);
  }

  async commit(batch: Batch): Promise<void> {
    this.given.push(batch);
    const fate = this.fateOf(batch);
    this.changes.tell();
    if (fate === 'refused') throw new SignalboxError('unavailable', 'the disk is full');
    if (fate === 'vanished') throw new SignalboxError('unknown', 'the store is gone');
    if (fate === 'replaced') throw new SignalboxError('store_in_use', 'another server holds it');
    if (fate instanceof Promise) await fate;
    await this.inner.commit(batch);
    if (fate === 'forgotten') throw new SignalboxError('unknown', 'the answer was lost');
  }

  take(holder: Holder): Promise<Taken> {
    return this.inner.take(holder);
  }

  knownEpochs(epochs: readonly string[]): Promise<ReadonlySet<string>> {
    return this.inner.knownEpochs(epochs);
  }

  async find(jobs: readonly StoredJobKey[]): Promise<readonly StoredJob[]> {
    await this.beforeFind();
    return await this.inner.find(jobs);
  }

  list(filter: StoredJobFilter, limit: number, from?: string): Promise<Page> {
    return this.inner.list(filter, limit, from);
  }

  findByKey(actor: string, key: string): Promise<readonly StoredJob[]> {
    return this.inner.findByKey(actor, key);
  }

  output(job: StoredJobKey) {
    return this.inner.output(job);
  }

  events(from: number, limit: number): Promise<LogPage> {
    return this.inner.events(from, limit);
  }

  prune(keep: Keep): Promise<number> {
    return this.inner.prune(keep);
  }

  collection<Value>(name: string) {
    return this.inner.collection<Value>(name);
  }

  info(): Promise<StoreInfo> {
    return this.inner.info();
  }

  /** Its data stay, for another server. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The contents of a store, in a few words for each job, oldest first. */
export async function storedWords(store: JobStore): Promise<string[]> {
  const { jobs } = await store.list({}, 1_000);
  return jobs
    .map(({ submission, client, settlement, late, bootId }) =>
      [
        submission.number,
        client,
        settlement?.outcome ?? (bootId ? 'bound' : 'new'),
        ...(late ? [late.outcome] : []),
      ].join(' '),
    )
    .reverse();
}
