import { History } from './history.ts';
import type { JobRecord, Settlement } from './job-record.ts';
import { JobsOfClient } from './jobs-of-client.ts';

/** Every job that is known: unsettled ones in the account of their client, settled ones as far as they are kept. */
export class JobsByClient {
  private readonly byClient = new Map<string, JobsOfClient>();
  private readonly history = new History();
  /** Ids that some client has not settled, with the number of those. */
  private readonly open = new Map<string, number>();

  /** That of a client, which has one from the first time it is asked for. */
  of(client: string): JobsOfClient {
    let account = this.byClient.get(client);
    if (!account) {
      account = new JobsOfClient(client);
      this.byClient.set(client, account);
    }
    return account;
  }

  all(): Iterable<JobsOfClient> {
    return this.byClient.values();
  }

  deleteIfEmpty({ client, unsettled }: JobsOfClient): void {
    if (unsettled.size === 0) this.byClient.delete(client);
  }

  find(id: string, client: string): JobRecord | undefined {
    return this.byClient.get(client)?.unsettled.get(id) ?? this.history.get(id, client);
  }

  /** Whether the job of that id has no outcome yet at some client. */
  isOpen(id: string): boolean {
    return this.open.has(id);
  }

  /** All jobs, oldest first. */
  *entries(): Generator<JobRecord> {
    yield* this.history.all();
    yield* this.unsettled();
  }

  /** Those that have no outcome yet. */
  *unsettled(): Generator<JobRecord> {
    for (const account of this.byClient.values()) yield* account.unsettled.values();
  }

  add(account: JobsOfClient, entry: JobRecord): void {
    account.add(entry);
    this.open.set(entry.id, (this.open.get(entry.id) ?? 0) + 1);
  }

  /** The one place where a job gets its outcome. */
  settle(entry: JobRecord, settlement: Settlement): void {
    this.of(entry.client).remove(entry);
    const open = this.open.get(entry.id) ?? 0;
    if (open > 1) this.open.set(entry.id, open - 1);
    else this.open.delete(entry.id);
    entry.state = 'settled';
    entry.settlement = settlement;
    this.history.add(entry);
  }
}
