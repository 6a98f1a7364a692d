import type { PresenceStore } from './presence-store.ts';

/** A pong is stored after a second; a count that is as old as this has those of two seconds ago. */
const cachedMs = 500;

/** The count of a store, asked for at most twice a second, and never while it is being counted. */
export class CachedCount {
  private readonly store: Pick<PresenceStore, 'count'>;
  private readonly now: () => number;
  private readonly onCounted: (users: number, ms: number) => void;
  private last: { readonly atMs: number; readonly users: number } | undefined;
  private counting: Promise<number> | undefined;

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
  async read(): Promise<number> {
    if (this.last && this.now() - this.last.atMs < cachedMs) return this.last.users;
    this.counting ??= this.count().finally(() => {
      this.counting = undefined;
    });
    return await this.counting;
  }

  private async count(): Promise<number> {
    const atMs = this.now();
    const users = await this.store.count();
    this.last = { atMs, users };
    this.onCounted(users, this.now() - atMs);
    return users;
  }
}
