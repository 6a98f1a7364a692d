import type { JobChange } from '../../jobs/job-effects.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { Settlement } from '../../jobs/settlement.ts';
import type { Submission } from '../../jobs/submission.ts';
import type { Change, StoredClient, StoredKey } from '../../store/stored-job.ts';
import { keyOf, newJob, storedSubmission } from './stored-form.ts';

type Submitted = Submission<JobRecord>;

/** Jobs of a submission that are new. Made into a change when the draft is handed over: it may be bound by then. */
class NewJobs {
  readonly submission: Submitted;
  readonly jobs: JobRecord[] = [];
  key: StoredKey | undefined;
  /** Of the caller that waits for its commit. */
  waiter: PromiseWithResolvers<void> | undefined;

  constructor(submission: Submitted) {
    this.submission = submission;
  }

  get change(): Change {
    const submission = storedSubmission(this.submission, this.key);
    return { type: 'submitted', submission, jobs: this.jobs.map((job) => newJob(submission, job)) };
  }
}

interface Entry {
  readonly job?: JobRecord;
  readonly change: Change;
}

interface Effect {
  readonly job: JobRecord;
  readonly run: () => void;
}

/** A cancel goes to its client at once: a store that is away must not keep a job running. */
export const delays = (change: JobChange | Change['type']): boolean => change !== 'cancel-requested';

/** Changes that are committed together, and what waits for their commit. */
export class Draft {
  private entries: (Entry | NewJobs)[] = [];
  private effects: Effect[] = [];
  private readonly submissions = new Map<Submitted, NewJobs>();
  private newest: NewJobs | undefined;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Made each time: jobs that are new may have been bound since. */
  get changes(): Change[] {
    return this.entries.map(({ change }) => change);
  }

  add(job: JobRecord, change: JobChange): void {
    const { submission } = job;
    if (change === 'submitted') {
      const isNext = this.newest?.submission === submission;
      const jobs = isNext && this.newest ? this.newest : this.begin(submission);
      jobs.jobs.push(job);
    } else if (change === 'settled' || change === 'late') {
      this.entries.push({ job, change: ended(job, change) });
    } else if (!this.submissions.has(submission)) {
      if (change === 'cancel-requested') this.entries.push({ job, change: { type: change, job: keyOf(job) } });
      else if (job.bootId !== undefined) {
        this.entries.push({ job, change: { type: change, job: keyOf(job), bootId: job.bootId } });
      }
    }
  }

  client(client: StoredClient): void {
    this.entries.push({ change: { type: 'client', client } });
  }

  clientForgotten(name: string): void {
    this.entries.push({ change: { type: 'client-forgotten', name } });
  }

  /** Runs `effect` after the commit. */
  after(effect: Effect): void {
    this.effects.push(effect);
  }

  has(submission: Submitted): boolean {
    return this.submissions.has(submission);
  }

  keyIs(submission: Submitted, key: StoredKey): void {
    const jobs = this.submissions.get(submission);
    if (jobs) jobs.key = key;
  }

  /** Resolves when the draft is committed; undefined if the submission is not in it. */
  committed(submission: Submitted): Promise<void> | undefined {
    const jobs = this.submissions.get(submission);
    if (!jobs) return undefined;
    jobs.waiter ??= Promise.withResolvers();
    return jobs.waiter.promise;
  }

  /** Callers wait no longer. */
  rejectAll(error: Error): void {
    for (const jobs of this.submissions.values()) {
      jobs.waiter?.reject(error);
      jobs.waiter = undefined;
    }
  }

  /** Callers go on, after all that waited has been sent and told. Effects may add others. */
  run(): void {
    for (const { run } of this.effects) run();
    for (const { waiter } of this.submissions.values()) waiter?.resolve();
  }

  /** The jobs that wait for it. */
  *jobs(): Generator<JobRecord> {
    for (const entry of this.entries) {
      if (entry instanceof NewJobs) yield* entry.jobs;
      else if (entry.job && delays(entry.change.type)) yield entry.job;
    }
  }

  /** Takes out the submissions that nobody has seen, with all that belongs to them. @returns them. */
  withdraw(): Submitted[] {
    const withdrawn = [...this.submissions.keys()].filter(({ origin }) => origin === undefined);
    if (withdrawn.length === 0) return withdrawn;
    for (const submission of withdrawn) this.submissions.delete(submission);
    const gone = new Set(withdrawn);
    const stays = (submission: Submitted | undefined) => !submission || !gone.has(submission);
    this.entries = this.entries.filter((entry) =>
      stays(entry instanceof NewJobs ? entry.submission : entry.job?.submission),
    );
    this.effects = this.effects.filter(({ job }) => stays(job.submission));
    this.newest = undefined;
    return withdrawn;
  }

  /** Puts what is in `later` behind what is here. */
  append(later: Draft): void {
    this.entries.push(...later.entries);
    this.effects.push(...later.effects);
    for (const [submission, jobs] of later.submissions) this.submissions.set(submission, jobs);
    this.newest = later.newest;
  }

  private begin(submission: Submitted): NewJobs {
    const jobs = new NewJobs(submission);
    this.newest = jobs;
    this.submissions.set(submission, jobs);
    this.entries.push(jobs);
    return jobs;
  }
}

const nothing: Settlement = { outcome: 'lost' };

function ended(record: JobRecord, type: 'settled' | 'late'): Change {
  const job = keyOf(record);
  const output = record.outputRuns();
  if (type === 'late') return { type, job, settlement: record.late ?? nothing, output };
  const isLast = !record.submission.isOpen;
  return { type, job, settlement: record.settlement ?? nothing, atMs: Date.now(), output, isLast };
}
