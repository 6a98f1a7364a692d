import type { Offsets, Outcome, WireError } from '../../schemas/index.ts';
import type { JobEvent } from '../jobs/events.ts';

/**
 * How a job ended. `completed` carries `result`; other outcomes carry `error`, optionally `result`.
 */
export type JobOutcome<Result = unknown> = {
  readonly id: string;
  /** Null for a place that ended before it got a client. */
  readonly client: string | null;
  readonly place?: number;
  readonly command: string;
  /** From start to end at the client, in ms. Undefined if unknown. */
  readonly durationMs: number | undefined;
  /** Bytes of output that were lost, by stream; absent if none. */
  readonly lostOutput?: Offsets;
  /** Why they were lost, if the client knows. */
  readonly outputError?: string;
} & (
  | { readonly outcome: 'completed'; readonly result: Result }
  | { readonly outcome: Exclude<Outcome, 'completed'>; readonly error: WireError; readonly result?: Result }
);

/** One command on one client. Its promises never reject: failures are outcomes. */
export interface JobHandle<Result = unknown> {
  readonly id: string;
  /** The number that people type; the jobs of a group share it. */
  readonly number: number;
  /** Null while it is a place of `pick` that waits for a client. */
  readonly client: string | null;
  /** Number of the place that it began as; absent if its client was known when it was submitted. */
  readonly place?: number | undefined;
  readonly command: string;
  /** True for a standing job, which runs until somebody ends it; else absent. */
  readonly standing?: true | undefined;
  /** True if its arguments allow output to be dropped; lost output is then no failure. Else absent. */
  readonly mayLoseOutput?: true | undefined;
  /** Resolves with true when the client has started the job, and with false if it is settled without that. */
  readonly accepted: Promise<boolean>;
  readonly outcome: Promise<JobOutcome<Result>>;
  /**
   * Events of the job from now on, `job.settled` last. Each iteration has its own queue; a slow one gets only the
   * newest progress.
   */
  readonly events: AsyncIterable<JobEvent>;
  /** Asks the client to end the job, also a `lost` one that may still run there. Does nothing if it has ended. */
  cancel(): Promise<void>;
}

/** The jobs of one `submit`, one for each client. Iterating it yields outcomes in the order in which the jobs end. */
export interface JobGroup<Result = unknown> extends AsyncIterable<JobOutcome<Result>> {
  /** The id that its jobs share. */
  readonly id: string;
  /** The number that people type, which its jobs share. */
  readonly number: number;
  readonly jobs: readonly JobHandle<Result>[];
  /** Resolves when each job has started or is settled; in the order of `jobs`. */
  readonly accepted: Promise<boolean[]>;
  /** Resolves when all jobs have ended; in the order of `jobs`. */
  readonly outcomes: Promise<JobOutcome<Result>[]>;
  /** Asks each client to end its job. */
  cancel(): Promise<void>;
}
