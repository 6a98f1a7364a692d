import { SignalboxError } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import type { LoggedEvent } from '../../jobs/events.ts';
import type { JobStore } from '../../store/job-store.ts';
import type { Draft } from './draft.ts';

/** More concurrent commits are not faster: changes gather in the next draft, and larger batches cost less per job. */
const maxUnderWay = 2;
/** Maximum time that a caller waits for a commit, in ms. */
const patienceMs = 5_000;
const firstRetryMs = 100;
const lastRetryMs = 5_000;

/** A draft that was passed to the store. */
interface Handed {
  readonly draft: Draft;
  readonly number: number;
  readonly events: readonly LoggedEvent[];
  readonly atMs: number;
  /** `unsure`: it may have been committed. The same batch is committed again until that is known. */
  state: 'under way' | 'committed' | 'refused' | 'unsure';
}

interface CommitsOwner {
  committed(draft: Draft): void;
  /** None of these drafts was committed. Changes to be retried belong in the next draft. */
  refused(drafts: readonly Draft[], error: SignalboxError): void;
  /** The store is failing, so submissions that nobody has seen must not wait for it. Called repeatedly. */
  stalled(error: SignalboxError): void;
  /** There is room for the next draft. @param isProbe pass it to the store even if it is empty. */
  next(isProbe: boolean): void;
  replaced(error: SignalboxError): void;
}

/** Passes drafts to the store in order and determines the result of each. */
export class Commits {
  private readonly store: JobStore;
  private readonly owner: CommitsOwner;
  private handed: Handed[] = [];
  private nextNumber = 1;
  private nextSeq: number;
  private failure: SignalboxError | undefined;
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private endedFor: SignalboxError | undefined;

  /** @param nextSeq the number of the next event. */
  constructor(store: JobStore, nextSeq: number, owner: CommitsOwner) {
    this.store = store;
    this.nextSeq = nextSeq;
    this.owner = owner;
  }

  get ended(): boolean {
    return this.endedFor !== undefined;
  }

  get isIdle(): boolean {
    return this.handed.length === 0;
  }

  get hasRoom(): boolean {
    if (this.endedFor || this.retry) return false;
    return this.handed.length < (this.failure ? 1 : maxUnderWay);
  }

  isFailing(nowMs: number): boolean {
    return this.failure !== undefined || this.isSlow(nowMs);
  }

  drafts(): Draft[] {
    return this.handed.map(({ draft }) => draft);
  }

  add(draft: Draft): void {
    const { nextNumber: number } = this;
    this.nextNumber += 1;
    const events = draft.numbered(this.nextSeq);
    this.nextSeq += events.length;
    const handed: Handed = { draft, number, events, atMs: monotonicMs(), state: 'under way' };
    this.handed.push(handed);
    void this.commit(handed);
  }

  checkWritable(nowMs: number): void {
    if (this.endedFor) throw this.endedFor;
    if (this.failure) throw this.failure;
    if (this.isSlow(nowMs)) throw slow();
  }

  /** Rejects callers that wait for a store that does not answer. */
  tick(nowMs: number): void {
    if (!this.isSlow(nowMs)) return;
    const text = `the store has not answered for ${patienceMs / 1_000} s; check later whether the jobs exist`;
    const unknown = new SignalboxError('unknown', text);
    for (const { draft } of this.handed) draft.rejectAll(unknown);
    this.owner.stalled(slow());
  }

  end(error: SignalboxError): readonly Draft[] {
    this.endedFor ??= error;
    clearTimeout(this.retry);
    const drafts = this.drafts();
    this.handed = [];
    return drafts;
  }

  private isSlow(nowMs: number): boolean {
    const [head] = this.handed;
    return head !== undefined && nowMs - head.atMs > patienceMs;
  }

  private async commit(handed: Handed): Promise<void> {
    const wasUnsure = handed.state === 'unsure';
    const { number, draft, events } = handed;
    handed.state = 'under way';
    try {
      await this.store.commit({ number, changes: draft.changes, events });
      handed.state = 'committed';
    } catch (thrown) {
      const error = SignalboxError.from(thrown, 'unknown');
      if (this.endedFor) return;
      if (error.code === 'store_in_use') {
        this.owner.replaced(error);
        return;
      }
      const isSure = error.code === 'unavailable' || error.code === 'bad_store';
      handed.state = isSure && !wasUnsure ? 'refused' : 'unsure';
      this.failure = unavailable(error);
    }
    if (this.handed.includes(handed)) this.advance();
  }

  private advance(): void {
    // A committed draft proves all earlier ones.
    const proven = this.handed.findLastIndex(({ state }) => state === 'committed');
    const committed = this.handed.splice(0, proven + 1);
    for (const { draft } of committed) this.owner.committed(draft);
    const [head] = this.handed;
    const hasFailed = this.handed.some(({ state }) => state !== 'under way');
    if (!head) {
      this.failure = undefined;
      this.failures = 0;
    }
    if (!hasFailed) {
      this.owner.next(false);
      return;
    }
    if (this.failure) this.owner.stalled(this.failure);
    // Results are only clear once all have been answered: drafts after a refused one are not committed.
    if (this.handed.every(({ state }) => state !== 'under way')) this.recover(head);
  }

  private recover(head: Handed | undefined): void {
    if (head?.state === 'refused' && this.failure) {
      const drafts = this.drafts();
      this.nextNumber = head.number;
      for (const { events } of this.handed) this.nextSeq -= events.length;
      this.handed = [];
      this.owner.refused(drafts, this.failure);
    }
    const delayMs = Math.min(lastRetryMs, firstRetryMs * 2 ** this.failures);
    this.failures += 1;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      const [unsure] = this.handed;
      if (unsure) void this.commit(unsure);
      else this.owner.next(true);
    }, delayMs);
  }
}

const slow = () => new SignalboxError('unavailable', `the store has not answered for ${patienceMs / 1_000} s`);

const unavailable = (cause: SignalboxError): SignalboxError =>
  new SignalboxError('unavailable', `the store cannot be written to: ${cause.message}`, { cause });
