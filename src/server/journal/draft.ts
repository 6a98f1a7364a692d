import type { LoggedEvent, NumberedEvent } from '../../jobs/events.ts';
import type { JobChange } from '../../jobs/job-effects.ts';
import type { Effect, JobRecord, Uncommitted } from '../../jobs/job-record.ts';
import { placeName } from '../../place-name.ts';
import type { Change, StoredClient } from '../../store/stored-job.ts';
import { Ended, type Entry, NewJobs, type Submitted } from './draft-entries.ts';
import { keyOf } from './stored-form.ts';

/** An event that was delivered without its number. */
class Told implements Effect {
  readonly event: NumberedEvent;

  constructor(event: NumberedEvent) {
    // A copy: receivers have the original.
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

/** Maximum number of delivered events to log after a long failure of the store; the newest are kept. */
const maxTold = 10_000;

/** Whether a change delays effects of its job. A cancel is sent at once: a failing store must not keep a job running. */
export const delays = (change: JobChange | Change['type']): boolean => change !== 'cancel-requested';

/** Changes that are committed together, and the effects that wait for the commit. */
export class Draft implements Uncommitted {
  readonly order: number;
  private entries: (Entry | NewJobs | Ended)[] = [];
  private effects: Effect[] = [];
  private hasEvents = false;
  private firstSeq = 0;
  private toldCount = 0;
  private readonly submissions = new Map<Submitted, NewJobs>();
  private newest: NewJobs | undefined;
  /** Shared by the callers that wait for the commit. */
  private waiter: PromiseWithResolvers<void> | undefined;

  constructor(order: number) {
    this.order = order;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0 && !this.hasEvents;
  }

  /** Returns the events for the log. Afterwards the draft must not be changed. */
  numbered(firstSeq: number): LoggedEvent[] {
    this.firstSeq = firstSeq;
    const events: LoggedEvent[] = [];
    if (!this.hasEvents) return events;
    for (const { event } of this.effects) if (event) events.push({ ...event, seq: firstSeq + events.length });
    return events;
  }

  /** Created on each access: they are only needed for the commit, and new jobs may have been bound since. */
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

  /** Adds an event that was delivered while the store was failing, to be logged when it works again. */
  told(event: NumberedEvent): void {
    this.remember(event);
    if (this.toldCount > 2 * maxTold) this.dropOldestTold();
  }

  /**
   * Runs effects that wait only for the log, not for a change of a job.
   * @param waiting jobs with an uncommitted change.
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

  /** Resolves when the draft is committed. All callers share the promise. */
  committed(): Promise<void> {
    this.waiter ??= Promise.withResolvers();
    return this.waiter.promise;
  }

  /** Rejects the waiting callers. */
  rejectAll(error: Error): void {
    this.waiter?.reject(error);
    this.waiter = undefined;
  }

  /** Runs the effects, which may add others, and then resolves the waiting callers. */
  run(): void {
    let seq = this.firstSeq;
    for (const effect of this.effects) {
      // Assigned only now: an event that is delivered before has no number.
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

  /** Jobs that wait for this draft. */
  jobs(): JobRecord[] {
    return this.entries.flatMap((entry) => {
      if (entry instanceof NewJobs) return entry.jobs;
      if (entry instanceof Ended) return [entry.job];
      return entry.job && delays(entry.change.type) ? [entry.job] : [];
    });
  }

  /** Removes the submissions that nobody has seen, with everything that belongs to them. @returns these submissions. */
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

  /** Appends the contents of `later`. */
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
