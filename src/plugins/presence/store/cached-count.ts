import type { PresenceStore } from './presence-store.ts';

const cachedMs = 1_000;

/** The count of a store, asked for at most once a second. */
export class CachedCount {
  private readonly store: Pick<PresenceStore, 'count'>;
  private readonly now: () => number;
  private readonly onCounted: (users: number, ms: number) => void;
  private asked: { readonly atMs: number; readonly count: Promise<number> } | undefined;

  /** @param onCounted is told each count, and how long it took. */
  constructor(
    store: Pick<PresenceStore, 'count'>,
    {
      now = () => performance.now(),
      onCounted = () => {},
    }: { now?: () => number; onCounted?: (users: number, ms: number) => void } = {},
  ) {
    this.store = store;
    this.now = now;
    this.onCounted = onCounted;
  }

  /** An error is not kept. */
  read(): Promise<number> {
    const atMs = this.now();
    if (this.asked && atMs - this.asked.atMs < cachedMs) return this.asked.count;
    const count = this.count(atMs);
    const asked = { atMs, count };
    this.asked = asked;
    count.catch(() => {
      if (this.asked === asked) this.asked = undefined;
    });
    return count;
  }

  private async count(atMs: number): Promise<number> {
    const users = await this.store.count();
    this.onCounted(users, this.now() - atMs);
    return users;
  }
}
