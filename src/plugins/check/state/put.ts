import type { Collection } from '../../../index.ts';

/** Writes an entry, whatever its current value. */
export async function put<Value>(collection: Collection<Value>, key: string, value: Value): Promise<void> {
  for (;;) {
    if (await collection.putIfAbsent(key, value)) return;
    const entry = await collection.get(key);
    if (entry && (await collection.compareAndSet(key, entry.version, value))) return;
  }
}

/** Deletes an entry, whatever its current value. */
export async function remove(collection: Collection<unknown>, key: string): Promise<void> {
  for (;;) {
    const entry = await collection.get(key);
    if (!entry || (await collection.compareAndDelete(key, entry.version))) return;
  }
}

/** All entries, page by page. */
export async function* all<Value>(collection: Collection<Value>) {
  for (let after: string | undefined; ; ) {
    const page = await collection.list(1_000, after);
    yield* page;
    after = page.at(-1)?.key;
    if (page.length < 1_000) return;
  }
}
