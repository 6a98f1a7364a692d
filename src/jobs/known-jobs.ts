import { ClientJobs } from './client-jobs.ts';
import { History } from './history.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';

/** All known jobs: unsettled ones by client, and the history of settled ones. */
export class KnownJobs {
  private readonly byClient = new Map<string, ClientJobs>();
  private readonly history = new History();
  /** Number of clients that have not settled the job of this counter. */
  private readonly open = new Map<LocalId, number>();

  /** The jobs of a client; created on demand. */
  of(client: string): ClientJobs {
    let clientJobs = this.byClient.get(client);
    if (!clientJobs) {
      clientJobs = new ClientJobs(client);
      this.byClient.set(client, clientJobs);
    }
    return clientJobs;
  }

  clients(): Iterable<ClientJobs> {
    return this.byClient.values();
  }

  deleteIfEmpty({ client, unsettled }: ClientJobs): void {
    if (unsettled.size === 0) this.byClient.delete(client);
  }

  find(localId: LocalId, client: string): JobRecord | undefined {
    return this.byClient.get(client)?.unsettled.get(localId) ?? this.history.get(localId, client);
  }

  /** Whether the job is unsettled at some client. */
  isOpen(counter: number): boolean {
    return this.open.has(counter);
  }

  /** All jobs, oldest first. */
  *all(): Generator<JobRecord> {
    yield* this.history.all();
    yield* this.unsettled();
  }

  /** All jobs without an outcome. */
  *unsettled(): Generator<JobRecord> {
    for (const { unsettled } of this.byClient.values()) yield* unsettled.values();
  }

  add(job: JobRecord): void {
    this.of(job.client).add(job);
    this.open.set(job.localId, (this.open.get(job.localId) ?? 0) + 1);
  }

  /** Moves a settled job to the history. */
  keep(job: JobRecord): void {
    this.of(job.client).remove(job);
    const open = this.open.get(job.localId) ?? 0;
    if (open > 1) this.open.set(job.localId, open - 1);
    else this.open.delete(job.localId);
    this.history.add(job);
  }
}
