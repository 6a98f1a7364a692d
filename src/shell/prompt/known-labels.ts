import type { ClientView } from '../../plugin/client-view.ts';

type Described = Pick<ClientView, 'labels' | 'facts'>;

/** Number of refreshes between two requests: no event carries the labels of a client. */
const patience = 20;

/** Labels and facts of clients as of the last query, which is repeated some time after clients have joined. */
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

  /** Call it when clients have joined. */
  stale(): void {
    this.isStale = true;
  }

  /** Call it at each refresh. @param ask queries the clients. */
  async refresh(ask: () => Promise<readonly ClientView[]>): Promise<void> {
    if (this.waits > 0) this.waits -= 1;
    else if (this.isStale) {
      this.waits = patience;
      this.isStale = false;
      // Without an answer, the known data stay.
      await ask().then(
        (clients) => this.set(clients),
        () => {},
      );
    }
  }
}
