import type { Offsets, Outcome, Stream, WireError } from '../../schemas/index.ts';
import type { JobNews } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { Settlement } from '../jobs/settlement.ts';

/**
 * How a job ended. `completed` carries `result`; other outcomes carry `error`, optionally `result`.
 */
export type JobOutcome<Result = unknown> = {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  /** From start to end at the client. Undefined where that is unknown. */
  readonly durationMs: number | undefined;
  /** Bytes of its output that never came, by stream; absent where all of it came. */
  readonly lostOutput?: Offsets;
  /** Why they did not come, if the client knows. */
  readonly outputError?: string;
} & (
  | { readonly outcome: 'completed'; readonly result: Result }
  | { readonly outcome: Exclude<Outcome, 'completed'>; readonly error: WireError; readonly result?: Result }
);

/** What happens to a job, in order; the last one is `outcome`. */
export type JobEvent<Result = unknown> =
  | { readonly type: 'accepted' }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined }
  /** `lostBytes`: lost before these bytes, or with empty `data` at the end of the stream. `takenBytes`: taken by an earlier server. */
  | {
      readonly type: 'output';
      readonly stream: Stream;
      readonly data: Uint8Array;
      readonly lostBytes: number;
      readonly takenBytes: number;
    }
  | { readonly type: 'outcome'; readonly outcome: JobOutcome<Result> };

/** One command on one client. Its promises never reject: how a job ends is a value. */
export interface JobHandle<Result = unknown> {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  /** True when the client has started it; false when it was settled without that. */
  readonly accepted: Promise<boolean>;
  readonly outcome: Promise<JobOutcome<Result>>;
  /** From now on, up to the outcome. Each reader has its own; one that lags gets only the newest progress. */
  readonly events: AsyncIterable<JobEvent<Result>>;
  /** Asks the client to end it. Nothing where it has ended. */
  cancel(): void;
}

/** The jobs that one `send` made, one for each client. */
export interface JobGroup<Result = unknown> {
  /** The id that its jobs share. */
  readonly id: string;
  readonly jobs: readonly JobHandle<Result>[];
  /** When each client has started it or never will: in the order of `jobs`. */
  readonly accepted: Promise<boolean[]>;
  /** When all have ended: in the order of `jobs`. */
  readonly outcomes: Promise<JobOutcome<Result>[]>;
  cancel(): void;
}

export class LiveJob implements JobHandle {
  private readonly job: JobRecord;
  private readonly onCancel: () => void;
  private isAccepted = false;
  // Made when they are asked for.
  private acceptedGate: PromiseWithResolvers<boolean> | undefined;
  private outcomeGate: PromiseWithResolvers<JobOutcome> | undefined;
  private readers: Set<(event: JobEvent) => void> | undefined;

  constructor(job: JobRecord, onCancel: () => void) {
    this.job = job;
    this.onCancel = onCancel;
    if (!job.settlement) job.listener = (news) => this.news(news);
  }

  get id(): string {
    return this.job.id;
  }

  get client(): string {
    return this.job.client;
  }

  get command(): string {
    return this.job.command;
  }

  get accepted(): Promise<boolean> {
    if (this.isAccepted || this.job.settlement) return Promise.resolve(this.isAccepted);
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

  cancel(): void {
    this.onCancel();
  }

  private news(news: JobNews): void {
    if (news.type === 'settled') this.settled(news.settlement);
    else if (news.type === 'accepted') {
      this.isAccepted = true;
      this.acceptedGate?.resolve(true);
      this.publish({ type: 'accepted' });
    } else if (news.type !== 'late') this.publish(news);
  }

  private settled(settlement: Settlement): void {
    this.job.listener = undefined;
    this.acceptedGate?.resolve(false);
    if (!this.outcomeGate && !this.readers) return;
    const outcome = outcomeOf(this.job, settlement);
    this.outcomeGate?.resolve(outcome);
    this.publish({ type: 'outcome', outcome });
  }

  private publish(event: JobEvent): void {
    for (const reader of this.readers ?? []) reader(event);
  }

  private async *read(): AsyncGenerator<JobEvent> {
    const queue: JobEvent[] = [];
    let wake = () => {};
    const reader = (event: JobEvent) => {
      // For a reader that lags, only the newest progress is kept.
      const older = event.type === 'progress' ? queue.findIndex(({ type }) => type === 'progress') : -1;
      if (older >= 0) queue.splice(older, 1);
      queue.push(event);
      wake();
    };
    this.readers ??= new Set();
    const { readers } = this;
    readers.add(reader);
    if (this.job.settlement) reader({ type: 'outcome', outcome: outcomeOf(this.job, this.job.settlement) });
    try {
      for (;;) {
        const event = queue.shift();
        if (event) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
        if (event?.type === 'outcome') return;
      }
    } finally {
      readers.delete(reader);
    }
  }
}

/** The jobs of one line, and what all of them come to. */
export class LiveGroup implements JobGroup {
  readonly id: string;
  readonly jobs: readonly LiveJob[];

  constructor(id: string, jobs: readonly LiveJob[]) {
    this.id = id;
    this.jobs = jobs;
  }

  get accepted(): Promise<boolean[]> {
    return Promise.all(this.jobs.map(({ accepted }) => accepted));
  }

  get outcomes(): Promise<JobOutcome[]> {
    return Promise.all(this.jobs.map(({ outcome }) => outcome));
  }

  cancel(): void {
    for (const job of this.jobs) job.cancel();
  }
}

export function outcomeOf(job: JobRecord, settlement: Settlement): JobOutcome {
  const { id, client, command } = job;
  const { outcome, result, error, durationMs, lostOutput, outputError } = settlement;
  const loss = { ...(lostOutput && { lostOutput }), ...(outputError !== undefined && { outputError }) };
  const ended = { id, client, command, durationMs, ...loss };
  if (outcome === 'completed') return { ...ended, outcome, result };
  const why = error ?? { code: 'internal' as const, message: 'the client gave no reason' };
  return { ...ended, outcome, error: why, ...(result !== undefined && { result }) };
}
