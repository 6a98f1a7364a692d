import type { SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import type { NumberedEvent } from '../../jobs/events.ts';
import type { JobChange } from '../../jobs/job-effects.ts';
import type { Effect, JobRecord } from '../../jobs/job-record.ts';
import type { Submission } from '../../jobs/submission.ts';
import type { JobStore } from '../../store/job-store.ts';
import type { StoredClient } from '../../store/stored-job.ts';
import type { StoreHealth } from '../store-health.ts';
import { Commits } from './commits.ts';
import { Draft, delays } from './draft.ts';
import type { Submitted } from './draft-entries.ts';

/**
 * Connects the job table with its effects if the store is durable. The table changes at once. Its changes of one turn
 * of the event loop are committed together. Messages, events and acks of a job wait until the newest change of that job
 * is committed. Everything else passes: output of running jobs and cancels do not need the store.
 *
 * - `fine`: drafts are passed to the store at the end of a turn, or when it has committed an earlier one.
 * - `failing`: the store has refused a draft, or its result is unknown, or it is slow. Submissions that nobody has seen
 *   are withdrawn, new ones are refused, and other changes are retried until they are committed.
 * - `ended`: another server holds the store, or this one is closed. Uncommitted changes have no effects any more.
 */
export class Journal {
  private readonly commits: Commits;
  private readonly withdraw: (submissions: readonly Submitted[]) => void;
  private readonly onReplaced: (error: SignalboxError) => void;
  private readonly health: Pick<StoreHealth, 'failed' | 'worked'>;
  private drafts = 0;
  private draft = this.nextDraft();
  /** The store has been found to fail. */
  private isStalled = false;
  private turn: NodeJS.Immediate | undefined;
  private idle: PromiseWithResolvers<void> | undefined;

  constructor(options: {
    store: JobStore;
    /** Removes submissions from the job table. */
    withdraw: (submissions: readonly Submitted[]) => void;
    /** Another server holds the store, so this one must end. */
    onReplaced: (error: SignalboxError) => void;
    health: Pick<StoreHealth, 'failed' | 'worked'>;
    /** The number of the next event. */
    nextSeq: number;
  }) {
    this.withdraw = options.withdraw;
    this.onReplaced = options.onReplaced;
    this.health = options.health;
    this.commits = new Commits(options.store, options.nextSeq, {
      committed: (draft) => this.committed(draft),
      refused: (drafts, error) => this.refused(drafts, error),
      stalled: (error) => this.stalled(error),
      next: (isProbe) => this.next(isProbe),
      replaced: (error) => this.replaced(error),
    });
  }

  /** A change of the job table. */
  changed(job: JobRecord, change: JobChange): void {
    if (this.commits.ended) return;
    this.draft.add(job, change);
    if (delays(change)) job.uncommitted = this.draft;
    this.wake();
  }

  client(client: StoredClient): void {
    if (this.commits.ended) return;
    this.draft.client(client);
    this.wake();
  }

  clientForgotten(name: string): void {
    if (this.commits.ended) return;
    this.draft.clientForgotten(name);
    this.wake();
  }

  /** Runs an effect when the change of its job is committed; immediately if it already is. */
  after(effect: Effect): void {
    if (this.commits.ended) return;
    const uncommitted = effect.job?.uncommitted;
    if (uncommitted) uncommitted.after(effect);
    else effect.run();
  }

  /**
   * Logs the event of an effect, and runs the effect when the event is committed. While the store is failing, effects
   * that do not wait for a change of a job run at once, and their events are logged when the store works again.
   */
  log(effect: Effect & { readonly event: NumberedEvent }): void {
    const { job, event } = effect;
    if (this.commits.ended) {
      if (!job) effect.run();
    } else if (this.isStalled && !job?.uncommitted) {
      this.draft.told(event);
      effect.run();
    } else {
      this.draft.after(effect);
      if (job) job.uncommitted = this.draft;
      this.wake();
    }
  }

  /** Whether the submission of the job must not be visible yet. */
  hides({ submission, uncommitted }: JobRecord): boolean {
    return submission.origin === undefined && uncommitted?.has(submission) === true;
  }

  /** Whether the job has ended, but its outcome must not be visible yet. */
  hidesEnd(job: JobRecord): boolean {
    return job.state === 'settled' && !job.late && job.uncommitted !== undefined;
  }

  /**
   * Resolves when the submission is committed. Rejects with `unavailable` if it was not and will not be, with `unknown`
   * if the store does not answer in time.
   */
  stored(submission: Submission<JobRecord>): Promise<void> {
    if (this.draft.has(submission)) return this.draft.committed();
    const handed = this.commits.drafts().find((draft) => draft.has(submission));
    return handed?.committed() ?? Promise.resolve();
  }

  /** @throws SignalboxError `unavailable`, `store_in_use` if the store does not accept submissions. */
  checkWritable(nowMs: number): void {
    this.commits.checkWritable(nowMs);
  }

  isWritable(nowMs: number): boolean {
    return !this.commits.ended && !this.commits.isFailing(nowMs);
  }

  /** Detects a slow store. */
  tick(nowMs: number): void {
    this.commits.tick(nowMs);
  }

  /** Resolves when all changes are committed, or after `timeoutMs`. */
  async flushed(timeoutMs: number): Promise<void> {
    if (this.isIdle) return;
    this.idle ??= Promise.withResolvers();
    const { promise, resolve } = this.idle;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** Another server holds the store. */
  replaced(error: SignalboxError): void {
    if (this.commits.ended) return;
    this.end(error);
    this.onReplaced(error);
  }

  /** Stops committing. Waiting callers get `error`. */
  end(error: SignalboxError): void {
    clearImmediate(this.turn);
    for (const draft of [...this.commits.end(error), this.draft]) draft.rejectAll(error);
    this.idle?.resolve();
  }

  private get isIdle(): boolean {
    return this.commits.ended || (this.draft.isEmpty && this.commits.isIdle);
  }

  private wake(): void {
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      this.next();
    });
  }

  private next(isProbe = false): void {
    if (!this.commits.isFailing(monotonicMs())) {
      this.isStalled = false;
      this.health.worked('commit');
    }
    if (this.isIdle) this.idle?.resolve();
    if ((this.draft.isEmpty && !isProbe) || !this.commits.hasRoom) return;
    const { draft } = this;
    this.draft = this.nextDraft();
    this.commits.add(draft);
  }

  private nextDraft(): Draft {
    this.drafts += 1;
    return new Draft(this.drafts);
  }

  private committed(draft: Draft): void {
    draft.run();
  }

  private stalled(error: SignalboxError): void {
    this.isStalled = true;
    this.health.failed('commit', error);
    this.draft.rejectAll(error);
    this.withdraw(this.draft.withdraw());
    this.tellUnlogged();
  }

  private tellUnlogged(): void {
    const drafts = [...this.commits.drafts(), this.draft];
    const waiting = new Set(drafts.flatMap((draft) => draft.jobs()));
    for (const draft of drafts) draft.tellUnlogged(waiting);
  }

  /** None of these drafts was committed. Their remaining changes come first in the next draft. */
  private refused(drafts: readonly Draft[], error: SignalboxError): void {
    const merged = this.nextDraft();
    const withdrawn: Submitted[] = [];
    for (const draft of [...drafts, this.draft]) {
      draft.rejectAll(error);
      withdrawn.push(...draft.withdraw());
      merged.append(draft);
    }
    for (const job of merged.jobs()) job.uncommitted = merged;
    this.draft = merged;
    // This makes room for waiting jobs, which may cause further changes.
    this.withdraw(withdrawn);
    if (this.isIdle) this.idle?.resolve();
  }
}
