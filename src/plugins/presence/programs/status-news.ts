import type { StatusEvents } from '../status/status-events.ts';
import type { StoreNews } from './store-news.ts';

/** Passes on what happens in a status service: to the metrics, where there are some, and what matters to the log. */
export class StatusNews implements StatusEvents {
  metrics: StatusEvents | undefined;
  /** As they were counted last. */
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
