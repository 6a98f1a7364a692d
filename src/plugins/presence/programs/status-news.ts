import type { StatusEvents } from '../status/status-events.ts';
import type { StoreNews } from './store-news.ts';

/** Forwards the events of a status service to its metrics, if enabled, and logs the important ones. */
export class StatusNews implements StatusEvents {
  metrics: StatusEvents | undefined;
  /** The last count. */
  users: number | undefined;
  private readonly store: StoreNews;

  constructor(store: StoreNews) {
    this.store = store;
  }

  asked(): void {
    this.metrics?.asked();
  }

  counted(users: number, ms: number): void {
    this.users = users;
    this.metrics?.counted(users, ms);
  }

  storeFailing(error: Error | undefined): void {
    this.store.told(error);
    this.metrics?.storeFailing(error);
  }
}
