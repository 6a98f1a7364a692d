import { limits } from '../../../schemas/index.ts';
import { placeName } from '../../place-name.ts';
import type { Keep } from '../job-store.ts';
import type { Change, StoredClient, StoredJob, StoredJobKey, StoredSubmission } from '../stored-job.ts';
import { KeptJob, type KeptSubmission } from './kept-job.ts';

const keyOf = ({ id, client }: StoredJobKey): string => `${id} ${client}`;

/** All unsettled jobs and the newest settled ones, with indexes. */
export class KeptJobs {
  readonly clients = new Map<string, StoredClient>();
  /** In order of number. */
  readonly submissions = new Map<number, KeptSubmission>();
  nextNumber = 1;
  outputBytes = 0;
  private readonly jobs = new Map<string, KeptJob>();
  /** Places that have a client, by place, and by the id under which they were sent. */
  private readonly placed = new Map<string, KeptJob>();
  /** Oldest first, including tombstones. */
  private readonly settled = new Set<KeptJob>();

  find(key: StoredJobKey): KeptJob | undefined {
    return this.jobs.get(keyOf(key)) ?? this.placed.get(keyOf(key));
  }

  apply(change: Change): void {
    if (change.type === 'submitted') this.submit(change.submission, change.jobs);
    else if (change.type === 'client') this.clients.set(change.client.name, change.client);
    else if (change.type === 'client-forgotten') this.clients.delete(change.name);
    else {
      const job = this.find(change.job);
      if (job) this.change(job, change);
    }
  }

  private submit(submission: StoredSubmission, jobs: readonly StoredJob[]): void {
    const { number, id } = submission;
    const kept: KeptSubmission = { submission, jobs: new Map() };
    for (const job of jobs) {
      const key = keyOf({ id, client: job.client });
      if (this.jobs.has(key)) continue;
      const made = new KeptJob(kept, job);
      this.jobs.set(key, made);
      kept.jobs.set(job.client, made);
      this.notePlace(made);
    }
    if (kept.jobs.size > 0) this.submissions.set(number, kept);
    this.nextNumber = Math.max(this.nextNumber, number + 1);
  }

  private change(job: KeptJob, change: Extract<Change, { job: StoredJobKey }>): void {
    if (change.type === 'batch') job.of.submission = { ...job.of.submission, batch: change.batch };
    else if (change.type === 'late') {
      if (job.settlement?.outcome !== 'lost' || job.late || job.isTombstone) return;
      job.late = change.settlement;
      this.setOutput(job, change.output);
    } else if (job.settlement) return;
    else if (change.type === 'placed') this.place(job, change);
    else if (change.type === 'bound') this.bind(job, change);
    else if (change.type === 'cancel-requested') job.cancelRequested = true;
    else {
      job.settlement = change.settlement;
      job.settledAtMs = change.atMs;
      this.setOutput(job, change.output);
      if (change.isLast) job.of.submission = { ...job.of.submission, args: {} };
      this.settled.add(job);
      this.keepInBounds();
    }
  }

  private bind(job: KeptJob, { bootId, sentAs }: Extract<Change, { type: 'bound' }>): void {
    job.bootId = bootId;
    if (sentAs === undefined) return;
    job.sentAs = sentAs;
    this.notePlace(job);
  }

  private place(
    job: KeptJob,
    { job: key, client, bootId, sentAs, vouched }: Extract<Change, { type: 'placed' }>,
  ): void {
    const { jobs } = job.of;
    if (job.client !== key.client || jobs.has(client)) return;
    this.jobs.delete(keyOf(key));
    jobs.delete(job.client);
    job.client = client;
    job.bootId = bootId;
    job.sentAs = sentAs;
    job.vouched = vouched;
    jobs.set(client, job);
    this.jobs.set(keyOf({ id: key.id, client }), job);
    this.notePlace(job);
  }

  private notePlace(job: KeptJob): void {
    const { id } = job.of.submission;
    if (job.sentAs === undefined) return;
    this.placed.set(keyOf({ id: job.sentAs, client: job.client }), job);
    if (job.place !== undefined) this.placed.set(keyOf({ id, client: placeName(job.place) }), job);
  }

  private setOutput(job: KeptJob, output: KeptJob['output']): void {
    this.outputBytes -= job.outputBytes;
    job.output = output;
    this.outputBytes += job.outputBytes;
  }

  private keepInBounds(): void {
    for (const job of this.settled) {
      if (this.settled.size <= limits.maxSettledJobs && this.outputBytes <= limits.maxSettledOutputBytes) return;
      this.forget(job);
    }
  }

  /** @returns the number of removed jobs. */
  prune({ settledBeforeMs, maxBytes }: Keep): number {
    let count = 0;
    for (const job of this.settled) {
      const { settledAtMs = 0 } = job;
      const isOld = settledAtMs < settledBeforeMs || this.outputBytes > maxBytes;
      if (job.isTombstone ? this.isAwaited(job) : !isOld) continue;
      if (!job.isTombstone) count += 1;
      if (this.isAwaited(job)) {
        this.outputBytes -= job.outputBytes;
        job.prune();
      } else this.forget(job);
    }
    return count;
  }

  /** Whether the process of its client may still have its real outcome. */
  private isAwaited({ settlement, late, client, bootId }: KeptJob): boolean {
    if (settlement?.outcome !== 'lost' || late || bootId === undefined) return false;
    return this.clients.get(client)?.bootId === bootId;
  }

  private forget(job: KeptJob): void {
    const { submission, jobs } = job.of;
    this.settled.delete(job);
    this.outputBytes -= job.outputBytes;
    this.jobs.delete(keyOf({ id: submission.id, client: job.client }));
    if (job.sentAs !== undefined) this.placed.delete(keyOf({ id: job.sentAs, client: job.client }));
    if (job.place !== undefined) this.placed.delete(keyOf({ id: submission.id, client: placeName(job.place) }));
    jobs.delete(job.client);
    if (jobs.size === 0) this.submissions.delete(submission.number);
  }
}
