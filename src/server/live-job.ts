import type { JobEvent, JobNews } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { JobGroup, JobHandle, JobOutcome } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { QueuedReader } from './event-reader.ts';

type Cancel = (jobs: readonly JobKey[]) => Promise<void>;

/** A handle in the process of its server. It is created before its job, so that it receives all news. */
export class LiveJob implements JobHandle {
  /** Set before the handle is handed out. */
  job!: JobRecord;
  readonly mayLoseOutput?: true;
  private readonly askToCancel: Cancel;
  // Created on demand.
  private acceptedGate: PromiseWithResolvers<boolean> | undefined;
  private outcomeGate: PromiseWithResolvers<JobOutcome> | undefined;
  private readers: Set<QueuedReader<JobEvent>> | undefined;
  /** Makes the `job.settled` event, once it has ended. */
  private lastEvent: (() => JobEvent) | undefined;

  constructor(askToCancel: Cancel, mayLoseOutput = false) {
    this.askToCancel = askToCancel;
    if (mayLoseOutput) this.mayLoseOutput = true;
  }

  /** The listener of the job record. */
  readonly news = (news: JobNews, event: () => JobEvent): void => {
    if (news.type === 'settled') this.settled(news.settlement, event);
    else if (news.type !== 'late') {
      if (news.type === 'accepted') this.acceptedGate?.resolve(true);
      this.publish(event);
    }
  };

  get id(): string {
    return this.job.id;
  }

  get client(): string {
    return this.job.client;
  }

  get command(): string {
    return this.job.command;
  }

  get standing(): true | undefined {
    return this.job.standing || undefined;
  }

  get accepted(): Promise<boolean> {
    const { isAccepted, settlement } = this.job;
    if (isAccepted || settlement) return Promise.resolve(isAccepted);
    this.acceptedGate ??= Promise.withResolvers();
    return this.acceptedGate.promise;
  }

  get outcome(): Promise<JobOutcome> {
    const { settlement } = this.job;
    if (settlement) return Promise.resolve(outcomeOf(this.job, settlement));
    this.outcomeGate ??= Promise.withResolvers();
    return this.outcomeGate.promise;
  }

  get events(): AsyncIterable<JobEvent> {
    return { [Symbol.asyncIterator]: () => this.read() };
  }

  get isSettled(): boolean {
    return this.job.settlement !== undefined;
  }

  async cancel(): Promise<void> {
    if (!this.isSettled) await this.askToCancel([this]);
  }

  private settled(settlement: Settlement, event: () => JobEvent): void {
    this.lastEvent = event;
    this.acceptedGate?.resolve(false);
    if (!this.outcomeGate && !this.readers) return;
    this.outcomeGate?.resolve(outcomeOf(this.job, settlement));
    this.publish(event);
    for (const reader of this.readers ?? []) reader.end();
  }

  private publish(event: () => JobEvent): void {
    for (const reader of this.readers ?? []) reader.offer(event(), () => {});
  }

  private read(): AsyncIterator<JobEvent> {
    this.readers ??= new Set();
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

/** The jobs of one submission. */
export class LiveGroup implements JobGroup {
  readonly id: string;
  readonly jobs: readonly LiveJob[];
  private readonly askToCancel: Cancel;

  constructor(id: string, jobs: readonly LiveJob[], askToCancel: Cancel) {
    this.id = id;
    this.jobs = jobs;
    this.askToCancel = askToCancel;
  }

  get accepted(): Promise<boolean[]> {
    return Promise.all(this.jobs.map(({ accepted }) => accepted));
  }

  get outcomes(): Promise<JobOutcome[]> {
    return Promise.all(this.jobs.map(({ outcome }) => outcome));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JobOutcome> {
    const ended: JobOutcome[] = [];
    let wake = () => {};
    for (const { outcome } of this.jobs) {
      void outcome.then((one) => {
        ended.push(one);
        wake();
      });
    }
    for (let left = this.jobs.length; left > 0; left -= 1) {
      while (ended.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      yield ended.shift() as JobOutcome;
    }
  }

  async cancel(): Promise<void> {
    const open = this.jobs.filter(({ isSettled }) => !isSettled);
    if (open.length > 0) await this.askToCancel(open);
  }
}

function outcomeOf(job: JobRecord, settlement: Settlement): JobOutcome {
  const { id, client, command } = job;
  const { outcome, result, error, durationMs, lostOutput, outputError } = settlement;
  const loss = { ...(lostOutput && { lostOutput }), ...(outputError !== undefined && { outputError }) };
  const ended = { id, client, command, durationMs, ...loss };
  if (outcome === 'completed') return { ...ended, outcome, result };
  const why = error ?? { code: 'internal' as const, message: 'the client gave no reason' };
  return { ...ended, outcome, error: why, ...(result !== undefined && { result }) };
}
