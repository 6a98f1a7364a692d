import { placeName } from '../place-name.ts';
import { Abandoned } from './abandoned.ts';
import { ClientJobs } from './client-jobs.ts';
import { History } from './history.ts';
import type { LocalId } from './job-id.ts';
import type { JobRecord } from './job-record.ts';
import { LinkedList } from './linked-list.ts';
import type { Submission } from './submission.ts';
import { SubmissionIndex } from './submission-index.ts';

/** All known jobs: unsettled ones by client, and the history of settled ones. */
export class KnownJobs {
  readonly abandoned = new Abandoned();
  /** Clients without a session. A tick only looks at these, and at the jobs of the following sets, not at all clients. */
  readonly absent = new Set<ClientJobs<JobRecord>>();
  /** Places that wait for a client, in order of submission. */
  readonly vacant = new Set<JobRecord>();
  /** Unsent jobs that can expire. */
  readonly expiring = new Set<JobRecord>();
  /** Unsent jobs without an expiry that wait for their client, with the time until which they wait, earliest first. */
  readonly awaitingReturn = new Map<JobRecord, number>();
  /** Batches in progress, each with the jobs that wait for their turn, in order. */
  readonly held = new Map<Submission<JobRecord>, LinkedList<JobRecord>>();
  private readonly byClient = new Map<string, ClientJobs<JobRecord>>();
  private readonly history = new History((job) => this.forget(job));
  private readonly own = new SubmissionIndex();
  /** Jobs of other and of earlier servers, by id and client. */
  private readonly others = new Map<string, JobRecord>();
  /** Jobs that their clients know under an id other than that of the submission. */
  private readonly sentAs = new Map<string, JobRecord>();

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

  /** Whether a client accepts commands. Looked up by name, because a settled job may refer to a forgotten client. */
  isOnline(client: string): boolean {
    return this.byClient.get(client)?.status === 'online';
  }

  /** Forgets a client without a session that has no jobs. */
  deleteIfEmpty(clientJobs: ClientJobs<JobRecord>): void {
    const { client, sent, waiting, held } = clientJobs;
    if (sent.size + waiting.size + held > 0) return;
    this.byClient.delete(client);
    this.absent.delete(clientJobs);
  }

  /** Finds a job in constant time, because clients may send any id. */
  find(localId: LocalId, client: string): JobRecord | undefined {
    const job =
      typeof localId === 'string' ? this.others.get(otherKey(localId, client)) : this.own.get(localId)?.jobOf(client);
    return job ?? (this.sentAs.size > 0 ? this.sentAs.get(otherKey(localId, client)) : undefined);
  }

  /**
   * Whether a client can have a job with this id. `newest` is the last id that this server assigned. A forgotten id may
   * belong to the client, unless its submission is open at other clients.
   */
  mayBeOf(client: string, localId: LocalId, { newest, isListed }: { newest: number; isListed: boolean }): boolean {
    if (typeof localId === 'string') return true;
    const job = this.find(localId, client);
    if (job) return job.state !== 'waiting';
    return localId <= newest && (isListed || this.own.get(localId)?.isOpen !== true);
  }

  /** All jobs, oldest first. */
  *all(): Generator<JobRecord> {
    yield* this.history.all();
    yield* this.unsettled();
  }

  /** All jobs without an outcome. */
  *unsettled(): Generator<JobRecord> {
    yield* this.abandoned.all();
    for (const jobs of this.held.values()) yield* jobs;
    yield* this.vacant;
    for (const { sent, waiting } of this.byClient.values()) {
      yield* sent;
      yield* waiting;
    }
  }

  /** The jobs of a batch that wait for their turn. Created on demand. */
  heldOf(submission: Submission<JobRecord>): LinkedList<JobRecord> {
    const held = this.held.get(submission) ?? new LinkedList<JobRecord>();
    this.held.set(submission, held);
    return held;
  }

  add(job: JobRecord): void {
    const { submission } = job;
    const { localId } = submission;
    this.noteSentAs(job);
    if (typeof localId === 'string') {
      this.others.set(otherKey(localId, job.client), job);
      if (job.place !== undefined) this.others.set(otherKey(localId, placeName(job.place)), job);
      if (submission.origin) job.clientJobs.claimed += 1;
    } else if (submission.isForgotten) this.own.add(submission);
    submission.add(job);
  }

  /** The submission of this server with this counter, if one of its jobs is known. */
  submission(counter: LocalId): Submission<JobRecord> | undefined {
    return typeof counter === 'number' ? this.own.get(counter) : undefined;
  }

  /** A place has a client. It can be found by either. */
  placed(job: JobRecord, place: string): void {
    const { submission } = job;
    const { localId } = submission;
    submission.renamed(job, place);
    this.noteSentAs(job);
    if (typeof localId === 'string') this.others.set(otherKey(localId, job.client), job);
  }

  /** Moves a settled job to the history. */
  keep(job: JobRecord): void {
    if (job.submission.origin) job.clientJobs.claimed -= 1;
    job.submission.settled();
    this.history.add(job);
  }

  /** Adds a job to the history that was settled before this server started. */
  restore(job: JobRecord): void {
    this.add(job);
    if (job.submission.origin) job.clientJobs.claimed -= 1;
    this.history.add(job);
  }

  forget(job: JobRecord): void {
    job.list?.remove(job);
    const { submission } = job;
    const { localId } = submission;
    submission.forget(job);
    if (job.sentAs !== undefined) this.sentAs.delete(otherKey(job.localId, job.client));
    if (typeof localId === 'string') {
      this.others.delete(otherKey(localId, job.client));
      if (job.place !== undefined) this.others.delete(otherKey(localId, placeName(job.place)));
    } else if (submission.isForgotten) this.own.remove(submission);
  }

  /** From now on, its client knows it under this id. */
  sendAs(job: JobRecord, id: LocalId): void {
    if (id === job.submission.localId) return;
    job.details.sentAs = id;
    this.noteSentAs(job);
  }

  private noteSentAs(job: JobRecord): void {
    if (job.sentAs !== undefined) this.sentAs.set(otherKey(job.localId, job.client), job);
  }
}

const otherKey = (id: LocalId, client: string): string => `${id} ${client}`;
