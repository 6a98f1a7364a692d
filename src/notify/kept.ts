import { SignalboxError } from '../../schemas/index.ts';
import type { Collection } from '../store/collection.ts';

const page = 1_000;

/** A collection with a single writer, and the versions of its values. */
export class Kept<Value> {
  private readonly collection: Collection<Value>;
  private readonly versions = new Map<string, number>();

  constructor(collection: Collection<Value>) {
    this.collection = collection;
  }

  async *load(): AsyncGenerator<readonly [key: string, value: unknown]> {
    for (let after: string | undefined; ; ) {
      const entries = await this.collection.list(page, after);
      for (const { key, value, version } of entries) {
        this.versions.set(key, version);
        yield [key, value];
      }
      after = entries.at(-1)?.key;
      if (entries.length < page) return;
    }
  }

  /** Writes of one key must not overlap. */
  async put(key: string, value: Value): Promise<void> {
    const version = this.versions.get(key);
    const entry =
      (version === undefined
        ? await this.collection.putIfAbsent(key, value)
        : await this.collection.compareAndSet(key, version, value)) ?? (await this.overwrite(key, value));
    this.versions.set(key, entry.version);
  }

  async delete(key: string): Promise<void> {
    const version = this.versions.get(key);
    if (version === undefined) return;
    await this.collection.compareAndDelete(key, version);
    this.versions.delete(key);
  }

  /** An earlier attempt that seemed to fail may have been written. */
  private async overwrite(key: string, value: Value) {
    const found = await this.collection.get(key);
    const entry = found
      ? await this.collection.compareAndSet(key, found.version, value)
      : await this.collection.putIfAbsent(key, value);
    if (!entry) throw new SignalboxError('unavailable', 'another process wrote to the collections of notifications');
    return entry;
  }
}
