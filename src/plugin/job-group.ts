import type { Offsets, Outcome, WireError } from '../../schemas/index.ts';
import type { JobEvent } from '../jobs/events.ts';

/** How a job ended. `completed` has `result`; other outcomes have `error`, and may have `result`. */
export type JobOutcome<Result = unknown> = {
  readonly id: string;
  /** Null for a place that ended before it had a client. */
  readonly client: string | null;
  readonly place?: number;
  readonly command: string;
  /** From start to end, measured by the client, in ms. Undefined if unknown. */
  readonly durationMs: number | undefined;
  /** Number of bytes of output that were lost, by stream. Absent if there were none. */
  readonly lostOutput?: Offsets;
  /** Why output was lost, if the client knows. */
  readonly outputError?: string;
} & (
  | { readonly outcome: 'completed'; readonly result: Result }
  | { readonly outcome: Exclude<Outcome, 'completed'>; readonly error: WireError; readonly result?: Result }
);

/** One command on one client. Its promises never reject: failures are outcomes. */
export interface JobHandle<Result = unknown> {
  /** Id of the submission, which the jobs of a group share. */
  readonly id: string;
  /** The number that people type. The jobs of a group share it. */
  readonly number: number;
  /** Null for a place of `pick` that waits for a client. */
  readonly client: string | null;
  /** Number of the place that it began as. Absent if its client was known at submission. */
  readonly place?: number | undefined;
  /** Name of the command. */
  readonly command: string;
  /** True for a standing job, which runs until somebody ends it. Absent otherwise. */
  readonly standing?: true | undefined;
  /** True if the arguments allow output to be dropped, so that lost output is not a failure. Absent otherwise. */
  readonly mayLoseOutput?: true | undefined;
  /**
   * Resolves with true when the client has started the job, or with false if it is settled without having been started.
   */
  readonly accepted: Promise<boolean>;
  /** Resolves when the job has ended. */
  readonly outcome: Promise<JobOutcome<Result>>;
  /**
   * Events of the job from now on; the last one is `job.settled`. Each iteration has its own queue. A slow iteration
   * only gets the newest progress.
   */
  readonly events: AsyncIterable<JobEvent>;
  /** Asks the client to end the job, even a `lost` one that may still be running. Does nothing if the job has ended. */
  cancel(): Promise<void>;
}

/** The jobs of one `submit`, one for each client. Iteration yields outcomes in the order in which the jobs end. */
export interface JobGroup<Result = unknown> extends AsyncIterable<JobOutcome<Result>> {
  /** The id of the submission, shared by its jobs. */
  readonly id: string;
  /** The number that people type, shared by its jobs. */
  readonly number: number;
  /** One handle for each client or place. */
  readonly jobs: readonly JobHandle<Result>[];
  /** Resolves when each job has started or is settled, in the order of `jobs`. */
  readonly accepted: Promise<boolean[]>;
  /** Resolves when all jobs have ended, in the order of `jobs`. */
  readonly outcomes: Promise<JobOutcome<Result>[]>;
  /** Asks each client to end its job. */
  cancel(): Promise<void>;
}
