import type { JobGroup, JobOutcome } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { LiveJob, type LiveJobOwner } from './live-job.ts';

/** Outcomes being collected: one promise for all jobs, and the number of jobs that have not ended. */
interface Gathering {
  readonly outcomes: JobOutcome[];
  left: number;
  readonly resolve: (outcomes: JobOutcome[]) => void;
}

/** The jobs of one submission. */
export class LiveGroup implements JobGroup, LiveJobOwner {
  readonly jobs: readonly LiveJob[];
  readonly mayLoseOutput: boolean;
  /** Whether the events of one of its jobs are read. */
  isRead = false;
  readonly askToCancel: (jobs: readonly JobKey[]) => Promise<void>;
  private readonly events: { readonly isHeard: boolean };
  private readonly submission: { readonly id: string; readonly number: number };
  private idInFull: string | undefined = undefined;
  private gathering: Gathering | undefined = undefined;
  /** Called with each outcome, by iterations that are in progress. */
  private listeners: Set<(outcome: JobOutcome) => void> | undefined = undefined;

  /** @param askToCancel called by the handles to cancel jobs. */
  constructor(
    submission: { readonly id: string; readonly number: number },
    options: {
      clients: number;
      mayLoseOutput: boolean;
      events: { readonly isHeard: boolean };
      askToCancel: LiveGroup['askToCancel'];
    },
  ) {
    this.submission = submission;
    this.mayLoseOutput = options.mayLoseOutput;
    this.events = options.events;
    this.askToCancel = options.askToCancel;
    // Allocated with its final length: an array that grows reserves room for 17.
    const jobs = new Array<LiveJob>(options.clients);
    for (let place = 0; place < jobs.length; place += 1) jobs[place] = new LiveJob(this, place);
    this.jobs = jobs;
  }

  get id(): string {
    this.idInFull ??= this.submission.id;
    return this.idInFull;
  }

  get number(): number {
    return this.submission.number;
  }

  get accepted(): Promise<boolean[]> {
    return Promise.all(this.jobs.map(({ accepted }) => accepted));
  }

  get outcomes(): Promise<JobOutcome[]> {
    const { jobs } = this;
    // A second caller gets its own array, which it may change.
    if (this.gathering || jobs.length === 0) return Promise.all(jobs.map(({ outcome }) => outcome));
    const { promise, resolve } = Promise.withResolvers<JobOutcome[]>();
    this.gathering = { outcomes: new Array(jobs.length), left: jobs.length, resolve };
    for (let place = 0; place < jobs.length; place += 1) {
      const outcome = jobs[place]?.ended;
      if (outcome) this.gather(this.gathering, place, outcome);
    }
    return promise;
  }

  /** Whether outcomes of the group are awaited. */
  get isAwaited(): boolean {
    return this.gathering !== undefined || this.listeners !== undefined;
  }

  /** Called by each job when it ends, if the group is awaited. */
  ended(place: number, outcome: JobOutcome): void {
    const { gathering, listeners } = this;
    if (gathering) this.gather(gathering, place, outcome);
    if (listeners) for (const listener of listeners) listener(outcome);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JobOutcome> {
    const ended = this.jobs.flatMap((job) => job.ended ?? []);
    let wake = () => {};
    // In a microtask, like the outcome of a job, so that readers and observers receive its event first.
    const listener = async (outcome: JobOutcome) => {
      await undefined;
      ended.push(outcome);
      wake();
    };
    this.listeners ??= new Set();
    this.listeners.add(listener);
    try {
      for (let taken = 0; taken < this.jobs.length; taken += 1) {
        while (ended.length === taken) await new Promise<void>((resolve) => (wake = resolve));
        yield ended[taken] as JobOutcome;
      }
    } finally {
      this.listeners.delete(listener);
    }
  }

  async cancel(): Promise<void> {
    const open = this.jobs.filter(({ isSettled }) => !isSettled);
    if (open.length > 0) await this.askToCancel(open);
  }

  private gather(gathering: Gathering, place: number, outcome: JobOutcome): void {
    gathering.outcomes[place] = outcome;
    gathering.left -= 1;
    if (gathering.left > 0) return;
    const { outcomes, resolve } = gathering;
    // In the next turn: a reader takes the events of this turn in microtasks and must have received the last one first.
    if (this.isRead || this.events.isHeard) setImmediate(resolve, outcomes);
    else resolve(outcomes);
  }
}
