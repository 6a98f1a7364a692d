import type { Collection, Entry, Indexed } from '../collection.ts';

interface Kept {
  /** As JSON, so that later changes of the caller's object have no effect. */
  readonly json: string;
  readonly version: number;
  readonly index: Readonly<Record<string, string>>;
  readonly dueAtMs: number | undefined;
}

/** Collections by name. */
export function createMemoryCollections(): <Value>(name: string) => Collection<Value> {
  const made = new Map<string, unknown>();
  return <Value>(name: string) => {
    const collection = (made.get(name) as Collection<Value> | undefined) ?? createMemoryCollection<Value>();
    made.set(name, collection);
    return collection;
  };
}

export function createMemoryCollection<Value>(): Collection<Value> {
  const entries = new Map<string, Kept>();
  let lastVersion = 0;

  const entryOf = (key: string, { json, version }: Kept): Entry<Value> => ({ key, value: JSON.parse(json), version });
  const write = (key: string, json: string, { index = {}, dueAtMs }: Indexed): Entry<Value> => {
    lastVersion += 1;
    const kept = { json, version: lastVersion, index, dueAtMs };
    entries.set(key, kept);
    return entryOf(key, kept);
  };
  const select = (limit: number, after: string | undefined, isWanted: (kept: Kept) => boolean): Entry<Value>[] =>
    [...entries]
      .filter(([key, kept]) => (after === undefined || compareBytes(key, after) > 0) && isWanted(kept))
      .sort(([one], [other]) => compareBytes(one, other))
      .slice(0, limit)
      .map(([key, kept]) => entryOf(key, kept));

  return {
    async get(key) {
      const kept = entries.get(key);
      return kept && entryOf(key, kept);
    },
    async putIfAbsent(key, value, indexed = {}) {
      return entries.has(key) ? undefined : write(key, JSON.stringify(value), indexed);
    },
    async compareAndSet(key, version, value, indexed = {}) {
      return entries.get(key)?.version === version ? write(key, JSON.stringify(value), indexed) : undefined;
    },
    async compareAndDelete(key, version) {
      return entries.get(key)?.version === version && entries.delete(key);
    },
    list: async (limit, after) => select(limit, after, () => true),
    byIndex: async (name, value, limit, after) => select(limit, after, ({ index }) => index[name] === value),
    async claimDue(nowMs, againAtMs, limit) {
      return [...entries]
        .flatMap(([key, { json, index, dueAtMs = Number.POSITIVE_INFINITY }]) => ({ key, json, index, dueAtMs }))
        .filter(({ dueAtMs }) => dueAtMs <= nowMs)
        .sort((one, other) => one.dueAtMs - other.dueAtMs || compareBytes(one.key, other.key))
        .slice(0, limit)
        .map(({ key, json, index }) => write(key, json, { index, dueAtMs: againAtMs }));
    },
  };
}

/** JavaScript compares strings by UTF-16 units, which gives another order above U+FFFF. */
const compareBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
