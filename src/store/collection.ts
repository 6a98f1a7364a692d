/** One entry of a collection. */
export interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
  /** Changes with every write, and is never given to the same key again. */
  readonly version: number;
}

/** What an entry is found by besides its key. Each write replaces all of it. */
export interface Indexed {
  /** At most 8 words, each with one value. */
  readonly index?: Readonly<Record<string, string>>;
  /** When it is due, in ms since the epoch. */
  readonly dueAtMs?: number;
}

/**
 * Values by key, for schedules, runs, users and plug-ins. Values are JSON. Keys are in the order of their UTF-8 bytes.
 * Whoever has the store open may write, the holder or not.
 */
export interface Collection<Value> {
  get(key: string): Promise<Entry<Value> | undefined>;
  /** @returns undefined if the key is there already. */
  putIfAbsent(key: string, value: Value, indexed?: Indexed): Promise<Entry<Value> | undefined>;
  /** Writes if the entry has this version. @returns undefined if it has not, or is gone. */
  compareAndSet(key: string, version: number, value: Value, indexed?: Indexed): Promise<Entry<Value> | undefined>;
  /** Deletes if the entry has this version. */
  compareAndDelete(key: string, version: number): Promise<boolean>;
  /** In order of their keys, behind `after`. @param limit 1 to 1,000. */
  list(limit: number, after?: string): Promise<readonly Entry<Value>[]>;
  /** Those whose index has this value, in order of their keys, behind `after`. */
  byIndex(name: string, value: string, limit: number, after?: string): Promise<readonly Entry<Value>[]>;
  /**
   * Takes what is due, the longest due first, then by key: each is due again at `againAtMs`, unless it is written before,
   * so that two callers never get the same one.
   */
  claimDue(nowMs: number, againAtMs: number, limit: number): Promise<readonly Entry<Value>[]>;
}
