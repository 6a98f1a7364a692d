import type { JobEvent, JobNews } from '../jobs/events.ts';
import type { JobListener, JobRecord } from '../jobs/job-record.ts';
import type { Settlement } from '../jobs/settlement.ts';
import { QueuedReader } from '../plugin/event-reader.ts';
import type { JobHandle, JobOutcome } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { outcomeOf } from '../plugin/outcome-of.ts';

/** The group of a handle. */
export interface LiveJobOwner {
  readonly id: string;
  readonly mayLoseOutput: boolean;
  isRead: boolean;
  /** Whether `ended` should be called. */
  readonly isAwaited: boolean;
  /** @param at index of the job in the group. */
  ended(at: number, outcome: JobOutcome): void;
  askToCancel(jobs: readonly JobKey[]): Promise<void>;
}

/**
 * A handle in the process of its server. It is created before its job, so that it receives all news. Promises and
 * readers are created on demand, because most handles are never used individually.
 */
export class LiveJob implements JobHandle, JobListener {
  /** Set before the handle is handed out. */
  job!: JobRecord;
  private readonly group: LiveJobOwner;
  /** Index in the group. */
  private readonly at: number;
  private acceptedGate: PromiseWithResolvers<boolean> | undefined = undefined;
  private outcomeGate: PromiseWithResolvers<JobOutcome> | undefined = undefined;
  private readers: Set<QueuedReader<JobEvent>> | undefined = undefined;
  /** Creates the `job.settled` event, after the job has ended. */
  private lastEvent: (() => JobEvent) | undefined = undefined;

  constructor(group: LiveJobOwner, at: number) {
    this.group = group;
    this.at = at;
  }

  wantsEvent({ type }: JobNews): boolean {
    return type === 'settled' || this.readers !== undefined;
  }

  news(news: JobNews, event: (() => JobEvent) | undefined): void {
    if (news.type === 'settled') this.settled(news.settlement, event);
    else if (news.type !== 'late') {
      if (news.type === 'accepted') this.acceptedGate?.resolve(true);
      this.publish(event);
    }
  }

  get id(): string {
    return this.group.id;
  }

  get number(): number {
    return this.job.number;
  }

  get client(): string | null {
    return this.job.isVacant ? null : this.job.client;
  }

  get place(): number | undefined {
    return this.job.place;
  }

  get command(): string {
    return this.job.command;
  }

  get standing(): true | undefined {
    return this.job.standing || undefined;
  }

  get mayLoseOutput(): true | undefined {
    return this.group.mayLoseOutput || undefined;
  }

  get accepted(): Promise<boolean> {
    const { isAccepted } = this.job;
    if (isAccepted || this.isSettled) return Promise.resolve(isAccepted);
    this.acceptedGate ??= Promise.withResolvers();
    return this.acceptedGate.promise;
  }

  get outcome(): Promise<JobOutcome> {
    const { ended } = this;
    if (ended) return Promise.resolve(ended);
    this.outcomeGate ??= Promise.withResolvers();
    return this.outcomeGate.promise;
  }

  get events(): AsyncIterable<JobEvent> {
    return { [Symbol.asyncIterator]: () => this.read() };
  }

  /** The outcome, if the job has ended. */
  get ended(): JobOutcome | undefined {
    const { settlement } = this.job;
    return settlement && this.isSettled ? outcomeOf(this, settlement) : undefined;
  }

  /** Whether the outcome was reported to this handle. The job may have one that is not stored yet. */
  get isSettled(): boolean {
    return this.lastEvent !== undefined;
  }

  async cancel(): Promise<void> {
    if (!this.isSettled || this.job.isMissed) await this.group.askToCancel([this]);
  }

  private settled(settlement: Settlement, event: (() => JobEvent) | undefined): void {
    this.lastEvent = event;
    this.acceptedGate?.resolve(false);
    if (this.outcomeGate || this.group.isAwaited) {
      const outcome = outcomeOf(this, settlement);
      this.outcomeGate?.resolve(outcome);
      this.group.ended(this.at, outcome);
    }
    this.publish(event);
    for (const reader of this.readers ?? []) reader.end();
  }

  private publish(event: (() => JobEvent) | undefined): void {
    if (this.readers && event) for (const reader of this.readers) reader.offer(event(), () => {});
  }

  private read(): AsyncIterator<JobEvent> {
    this.readers ??= new Set();
    this.group.isRead = true;
    const { readers } = this;
    const reader = new QueuedReader<JobEvent>(() => readers.delete(reader));
    readers.add(reader);
    if (this.lastEvent) {
      reader.offer(this.lastEvent(), () => {});
      reader.end();
    }
    return reader;
  }
}
