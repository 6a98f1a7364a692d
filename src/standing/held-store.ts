import { SignalboxError } from '../../schemas/index.ts';
import type { Collection } from '../store/collection.ts';
import { type HeldJob, heldJobSchema, heldKey } from './held-job.ts';

/** The jobs that a server keeps running, as stored. */
export class HeldStore {
  private readonly collection: Collection<HeldJob>;
  private readonly versions = new Map<string, number>();
  readonly jobs = new Map<string, HeldJob>();

  constructor(collection: Collection<HeldJob>) {
    this.collection = collection;
  }

  async load(): Promise<void> {
    this.jobs.clear();
    for (let after: string | undefined; ; ) {
      const page = await this.collection.list(1_000, after);
      for (const { key, value, version } of page) {
        const held = heldJobSchema.safeParse(value).data;
        this.versions.set(key, version);
        if (held) this.jobs.set(key, held);
      }
      after = page.at(-1)?.key;
      if (page.length < 1_000) return;
    }
  }

  async save(held: HeldJob): Promise<HeldJob> {
    const key = heldKey(held.line, held.client);
    const version = this.versions.get(key);
    const entry =
      version === undefined
        ? await this.collection.putIfAbsent(key, held)
        : await this.collection.compareAndSet(key, version, held);
    if (!entry) throw new SignalboxError('unavailable', 'another process has changed the standing jobs of this server');
    this.versions.set(key, entry.version);
    this.jobs.set(key, held);
    return held;
  }

  async delete(held: HeldJob): Promise<void> {
    const key = heldKey(held.line, held.client);
    const version = this.versions.get(key);
    if (version !== undefined) await this.collection.compareAndDelete(key, version);
    this.versions.delete(key);
    this.jobs.delete(key);
  }
}
