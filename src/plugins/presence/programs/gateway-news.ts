import type { Dropped, GatewayEvents } from '../gateway/gateway-events.ts';
import type { StoreNews } from './store-news.ts';

type Status = Parameters<GatewayEvents['ponged']>[0];

/** Forwards the events of a gateway to its metrics, if enabled, and logs the important ones. */
export class GatewayNews implements GatewayEvents {
  metrics: GatewayEvents | undefined;
  private readonly store: StoreNews;

  constructor(store: StoreNews) {
    this.store = store;
  }

  pinged(users: number, lateMs: number): void {
    this.metrics?.pinged(users, lateMs);
  }

  ponged(status: Status): void {
    this.metrics?.ponged(status);
  }

  refused(code: Parameters<GatewayEvents['refused']>[0]): void {
    this.metrics?.refused(code);
  }

  dropped(reason: Dropped): void {
    this.metrics?.dropped(reason);
  }

  stored(rows: number, ms: number): void {
    this.metrics?.stored(rows, ms);
  }

  storeFailing(error: Error | undefined): void {
    this.store.told(error);
    this.metrics?.storeFailing(error);
  }
}
