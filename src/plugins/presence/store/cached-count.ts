import type { TraceSpan } from '../../../index.ts';
import type { PresenceStore } from './presence-store.ts';

/** A pong is stored within a second, so a cached count of this age includes all pongs of two seconds ago. */
const cachedMs = 500;

/** Receives the events of counting. */
export interface CountEvents {
  /** The store has returned a count. */
  counted(users: number, ms: number): void;
  /** Counting fails; undefined: it works. */
  storeFailing(error: Error | undefined): void;
}

interface Options {
  readonly now?: () => number;
  readonly events?: CountEvents | undefined;
}

/** Caches the count of a store. It queries the store at most twice a second, and never concurrently. */
export class CachedCount {
  private readonly store: Pick<PresenceStore, 'count'>;
  private readonly now: () => number;
  private readonly events: CountEvents | undefined;
  private last: { readonly atMs: number; readonly users: number; readonly span: TraceSpan | undefined } | undefined;
  private counting: { readonly users: Promise<number>; readonly span: TraceSpan | undefined } | undefined;
  private isFailing = false;

  constructor(store: Pick<PresenceStore, 'count'>, { now = () => performance.now(), events }: Options = {}) {
    this.store = store;
    this.now = now;
    this.events = events;
  }

  /**
   * The count. Errors are not cached.
   * @param asked span of the caller: the parent of the query, or linked to the caller whose query is reused
   */
  async read(asked?: TraceSpan): Promise<number> {
    if (this.last && this.now() - this.last.atMs < cachedMs) {
      tellCached(asked, this.last.span);
      return this.last.users;
    }
    if (this.counting) {
      tellCached(asked, this.counting.span);
      return await this.counting.users;
    }
    asked?.set({ 'signalbox.presence.cached': false });
    const users = this.count(asked).finally(() => {
      this.counting = undefined;
    });
    this.counting = { users, span: asked };
    return await users;
  }

  private async count(span: TraceSpan | undefined): Promise<number> {
    const atMs = this.now();
    try {
      const users = await this.store.count(span);
      this.last = { atMs, users, span };
      this.events?.counted(users, this.now() - atMs);
      if (this.isFailing) this.events?.storeFailing(undefined);
      this.isFailing = false;
      return users;
    } catch (error) {
      this.isFailing = true;
      this.events?.storeFailing(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}

function tellCached(asked: TraceSpan | undefined, counted: TraceSpan | undefined): void {
  asked?.set({ 'signalbox.presence.cached': true });
  if (counted) asked?.link(counted.traceparent);
}
