import type { PresenceStore } from './presence-store.ts';

const cachedMs = 1_000;

/** The count of a store, asked for at most once a second. */
export class CachedCount {
  private readonly store: Pick<PresenceStore, 'count'>;
  private readonly now: () => number;
  private asked: { readonly atMs: number; readonly count: Promise<number> } | undefined;

  constructor(store: Pick<PresenceStore, 'count'>, now = () => performance.now()) {
    this.store = store;
    this.now = now;
  }

  /** An error is not kept. */
  read(): Promise<number> {
    const atMs = this.now();
    if (this.asked && atMs - this.asked.atMs < cachedMs) return this.asked.count;
    const count = this.store.count();
    const asked = { atMs, count };
    this.asked = asked;
    count.catch(() => {
      if (this.asked === asked) this.asked = undefined;
    });
    return count;
  }
}
