import type { LoggedEvent, NumberedEvent } from '../../jobs/events.ts';
import type { JobChange } from '../../jobs/job-effects.ts';
import type { Effect, JobRecord, Uncommitted } from '../../jobs/job-record.ts';
import { placeName } from '../../place-name.ts';
import type { Change, StoredClient } from '../../store/stored-job.ts';
import { Ended, type Entry, NewJobs, type Submitted } from './draft-entries.ts';
import { keyOf } from './stored-form.ts';

/** An event that has been told without its number. */
class Told implements Effect {
  readonly event: NumberedEvent;

  constructor(event: NumberedEvent) {
    // Whoever was told has the other one.
    this.event = { ...event };
  }

  run(): void {}
}

const placedChange = (job: JobRecord): Change => ({
  type: 'placed',
  job: { id: job.id, client: placeName(job.place ?? 0) },
  client: job.client,
  bootId: job.bootId ?? '',
  sentAs: job.sentAs ?? job.id,
  vouched: job.vouched,
});

/** Of a store that is away for long, the newest events are logged. */
const maxTold = 10_000;

/** A cancel goes to its client at once: a store that is away must not keep a job running. */
export const delays = (change: JobChange | Change['type']): boolean => change !== 'cancel-requested';

/** Changes that are committed together, and what waits for their commit. */
export class Draft implements Uncommitted {
  readonly order: number;
  private entries: (Entry | NewJobs | Ended)[] = [];
  private effects: Effect[] = [];
  private hasEvents = false;
  private firstSeq = 0;
  private toldCount = 0;
  private readonly submissions = new Map<Submitted, NewJobs>();
  private newest: NewJobs | undefined;
  /** Of the callers that wait for its commit. */
  private waiter: PromiseWithResolvers<void> | undefined;

  constructor(order: number) {
    this.order = order;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0 && !this.hasEvents;
  }

  /** What it tells, as the log has it. From now on nothing is added or taken out. */
  numbered(firstSeq: number): LoggedEvent[] {
    this.firstSeq = firstSeq;
    const events: LoggedEvent[] = [];
    if (!this.hasEvents) return events;
    for (const { event } of this.effects) if (event) events.push({ ...event, seq: firstSeq + events.length });
    return events;
  }

  /** Made each time: they live for the commit alone, and jobs that are new may have been bound since. */
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
      this.entries.push(new Ended(job, change));
    } else if (change === 'batch') {
      const { batch } = job.submission;
      if (batch) this.entries.push({ job, change: { type: change, job: keyOf(job), batch: batch.state } });
    } else if (!this.submissions.has(submission)) {
      if (change === 'cancel-requested') this.entries.push({ job, change: { type: change, job: keyOf(job) } });
      else if (change === 'placed') this.entries.push({ job, change: placedChange(job) });
      else if (job.bootId !== undefined) {
        this.entries.push({ job, change: { type: change, job: keyOf(job), bootId: job.bootId, sentAs: job.sentAs } });
      }
    }
  }

  client(client: StoredClient): void {
    this.entries.push({ change: { type: 'client', client } });
  }

  clientForgotten(name: string): void {
    this.entries.push({ change: { type: 'client-forgotten', name } });
  }

  after(effect: Effect): void {
    this.effects.push(effect);
    if (effect.event) this.hasEvents = true;
  }

  /** Has been told while the store failed, and is logged when it works again. */
  told(event: NumberedEvent): void {
    this.remember(event);
    if (this.toldCount > 2 * maxTold) this.dropOldestTold();
  }

  /**
   * Tells at once what waits for the log alone, not for a change of a job.
   * @param waiting the jobs with a change that is not committed.
   */
  tellUnlogged(waiting: ReadonlySet<JobRecord>): void {
    const { effects } = this;
    this.effects = [];
    const free: Effect[] = [];
    for (const effect of effects) {
      const { job, event } = effect;
      if (effect instanceof Told || (job && waiting.has(job))) this.effects.push(effect);
      else {
        free.push(effect);
        if (event) this.remember(event);
        if (job) this.release(job);
      }
    }
    for (const effect of free) effect.run();
  }

  has(submission: Submitted): boolean {
    return this.submissions.has(submission);
  }

  /** Resolves when the draft is committed: one promise for all of its callers. */
  committed(): Promise<void> {
    this.waiter ??= Promise.withResolvers();
    return this.waiter.promise;
  }

  /** Callers wait no longer. */
  rejectAll(error: Error): void {
    this.waiter?.reject(error);
    this.waiter = undefined;
  }

  /** Callers go on, after all that waited has been sent and told. Effects may add others. */
  run(): void {
    let seq = this.firstSeq;
    for (const effect of this.effects) {
      // Only now: what is told before has no number.
      if (effect.event) Object.assign(effect.event, { seq: seq++ });
      effect.run();
    }
    for (const { job, event } of this.effects) if (job && event) this.release(job);
    for (const entry of this.entries) {
      if (entry instanceof NewJobs) for (const job of entry.jobs) this.release(job);
      else if (entry.job) this.release(entry.job);
    }
    this.waiter?.resolve();
  }

  /** The jobs that wait for it. */
  jobs(): JobRecord[] {
    return this.entries.flatMap((entry) => {
      if (entry instanceof NewJobs) return entry.jobs;
      if (entry instanceof Ended) return [entry.job];
      return entry.job && delays(entry.change.type) ? [entry.job] : [];
    });
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
    this.effects = this.effects.filter(({ job }) => stays(job?.submission));
    this.newest = undefined;
    return withdrawn;
  }

  /** Puts what is in `later` behind what is here. */
  append(later: Draft): void {
    this.entries.push(...later.entries);
    this.effects.push(...later.effects);
    this.hasEvents ||= later.hasEvents;
    this.toldCount += later.toldCount;
    for (const [submission, jobs] of later.submissions) this.submissions.set(submission, jobs);
    this.newest = later.newest;
  }

  private remember(event: NumberedEvent): void {
    this.after(new Told(event));
    this.toldCount += 1;
  }

  private dropOldestTold(): void {
    let surplus = this.toldCount - maxTold;
    this.effects = this.effects.filter((effect) => {
      if (surplus === 0 || !(effect instanceof Told)) return true;
      surplus -= 1;
      return false;
    });
    this.toldCount = maxTold;
  }

  private release(job: JobRecord): void {
    if (job.uncommitted === this) job.uncommitted = undefined;
  }

  private begin(submission: Submitted): NewJobs {
    const jobs = new NewJobs(submission);
    this.newest = jobs;
    this.submissions.set(submission, jobs);
    this.entries.push(jobs);
    return jobs;
  }
}
