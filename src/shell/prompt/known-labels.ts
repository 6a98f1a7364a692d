import type { ClientView } from '../../plugin/client-view.ts';

type Described = Pick<ClientView, 'labels' | 'facts'>;

/** How many refreshes pass between two requests: a client's labels come with no event. */
const patience = 20;

/** Labels and facts of clients as they were when they were asked for: again some time after clients have joined. */
export class KnownLabels {
  private known: ReadonlyMap<string, Described> = new Map();
  private isStale = false;
  private waits = 0;

  set(clients: readonly ClientView[]): void {
    this.known = new Map(clients.map(({ name, labels, facts }) => [name, { labels, facts }]));
  }

  of(client: string): Partial<Described> {
    return this.known.get(client) ?? {};
  }

  /** Clients have joined. */
  stale(): void {
    this.isStale = true;
  }

  /** Called with each refresh. @param ask what is known of the clients. */
  async refresh(ask: () => Promise<readonly ClientView[]>): Promise<void> {
    if (this.waits > 0) this.waits -= 1;
    else if (this.isStale) {
      this.waits = patience;
      this.isStale = false;
      // Without an answer what is known stays.
      await ask().then(
        (clients) => this.set(clients),
        () => {},
      );
    }
  }
}
