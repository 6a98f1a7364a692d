import { Abandoned } from './abandoned.ts';
import { ClientJobs } from './client-jobs.ts';
import { History } from './history.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';
import { SubmissionIndex } from './submission-index.ts';

/** All known jobs: unsettled ones by client, and the history of settled ones. */
export class KnownJobs {
  readonly abandoned = new Abandoned();
  /** Clients without a session. A tick looks at these and at `expiring`, not at all clients. */
  readonly absent = new Set<ClientJobs<JobRecord>>();
  /** Unsent jobs that can expire. */
  readonly expiring = new Set<JobRecord>();
  private readonly byClient = new Map<string, ClientJobs<JobRecord>>();
  private readonly history = new History((job) => this.forget(job));
  private readonly own = new SubmissionIndex();
  /** Jobs of other servers, by id and client. */
  private readonly adopted = new Map<string, JobRecord>();

  /** The jobs of a client; created on demand. */
  of(client: string): ClientJobs<JobRecord> {
    let clientJobs = this.byClient.get(client);
    if (!clientJobs) {
      clientJobs = new ClientJobs(client);
      this.byClient.set(client, clientJobs);
      this.absent.add(clientJobs);
    }
    return clientJobs;
  }

  /** Forgets a client without a session that has no jobs. */
  deleteIfEmpty(clientJobs: ClientJobs<JobRecord>): void {
    const { client, sent, waiting } = clientJobs;
    if (sent.size + waiting.size > 0) return;
    this.byClient.delete(client);
    this.absent.delete(clientJobs);
  }

  /** In constant time: clients may name any id. */
  find(localId: LocalId, client: string): JobRecord | undefined {
    if (typeof localId === 'string') return this.adopted.get(adoptedKey(localId, client));
    return this.own.get(localId)?.jobOf(client);
  }

  /** Whether the job is unsettled at some client. */
  isOpen(counter: number): boolean {
    return this.own.get(counter)?.isOpen === true;
  }

  /** All jobs, oldest first. */
  *all(): Generator<JobRecord> {
    yield* this.history.all();
    yield* this.unsettled();
  }

  /** All jobs without an outcome. */
  *unsettled(): Generator<JobRecord> {
    yield* this.abandoned.all();
    for (const { sent, waiting } of this.byClient.values()) {
      yield* sent;
      yield* waiting;
    }
  }

  add(job: JobRecord): void {
    const { submission, localId } = job;
    if (typeof localId === 'string') {
      this.adopted.set(adoptedKey(localId, job.client), job);
      job.clientJobs.adopted += 1;
    } else if (submission.isForgotten) this.own.add(submission);
    submission.add(job);
  }

  /** Moves a settled job to the history. */
  keep(job: JobRecord): void {
    if (job.adopted) job.clientJobs.adopted -= 1;
    job.submission.settled();
    this.history.add(job);
  }

  private forget(job: JobRecord): void {
    const { submission, localId } = job;
    submission.forget(job);
    if (typeof localId === 'string') this.adopted.delete(adoptedKey(localId, job.client));
    else if (submission.isForgotten) this.own.remove(submission);
  }
}

const adoptedKey = (id: string, client: string): string => `${id} ${client}`;
