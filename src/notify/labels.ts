import type { JobService } from '../plugin/job-service.ts';

type Of = Readonly<Record<string, string>>;

/** Labels of clients, read when an event needs them: reading them for each client that joins would cost a large fleet too much. */
export class Labels {
  private readonly service: Pick<JobService, 'clients'>;
  private byClient: ReadonlyMap<string, Of> = new Map();
  /** Clients that have joined since labels were read. */
  private readonly unread = new Set<string>();

  constructor(service: Pick<JobService, 'clients'>) {
    this.service = service;
  }

  readonly of = (client: string): Of => this.byClient.get(client) ?? {};

  joined(client: string): void {
    this.unread.add(client);
  }

  isUnread(client: string | undefined): boolean {
    return client !== undefined && this.unread.has(client);
  }

  async read(): Promise<void> {
    const read = [...this.unread];
    const clients = await this.service.clients();
    this.byClient = new Map(clients.map(({ name, labels }) => [name, labels]));
    for (const name of read) this.unread.delete(name);
  }
}
