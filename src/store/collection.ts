/** An entry of a collection. */
export interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  /** Changes with every write. It is never reused for the same key. */
  readonly version: number;
}

/** Lookup data of an entry in addition to its key. Each write replaces all of it. */
export interface Indexed {
  /** At most 8 names, each with one value. */
  readonly index?: Readonly<Record<string, string>>;
  /** When the entry is due, in ms since the epoch. Default: never. */
  readonly dueAtMs?: number;
}

/**
 * Values by key, for schedules, runs, users and plug-ins. Values are JSON. Keys are ordered by their UTF-8 bytes. Every
 * process that has the store open can write, whether it holds the store or not.
 */
export interface Collection<Value> {
  /** Returns the entry with this key; undefined if there is none. */
  get(key: string): Promise<Entry<Value> | undefined>;
  /** Adds an entry. @returns undefined if the key exists. */
  putIfAbsent(key: string, value: Value, indexed?: Indexed): Promise<Entry<Value> | undefined>;
  /** Replaces the entry if it has this version. @returns undefined if it has another version or does not exist. */
  compareAndSet(key: string, version: number, value: Value, indexed?: Indexed): Promise<Entry<Value> | undefined>;
  /** Deletes the entry if it has this version. @returns whether it did. */
  compareAndDelete(key: string, version: number): Promise<boolean>;
  /** Entries in order of their keys, after `after`. @param limit 1 to 1,000. */
  list(limit: number, after?: string): Promise<readonly Entry<Value>[]>;
  /** Entries whose index has this value, in order of their keys, after `after`. */
  byIndex(name: string, value: string, limit: number, after?: string): Promise<readonly Entry<Value>[]>;
  /**
   * Takes due entries, the longest due first, then by key. Each becomes due again at `againAtMs` unless it is written
   * before, so that two callers never get the same one.
   */
  claimDue(nowMs: number, againAtMs: number, limit: number): Promise<readonly Entry<Value>[]>;
}
