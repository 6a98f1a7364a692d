import type { Offsets, Outcome, WireError } from '../../schemas/index.ts';
import type { JobEvent } from '../jobs/events.ts';

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

/** One command on one client. Its promises never reject: how a job ends is a value. */
export interface JobHandle<Result = unknown> {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  /** There and true where it runs until it is ended. */
  readonly standing?: true | undefined;
  /** There and true where its arguments ask for output to be dropped when there is no room: what is lost of it is no failure. */
  readonly mayLoseOutput?: true;
  /** True when the client has started it; false when it was settled without that. */
  readonly accepted: Promise<boolean>;
  readonly outcome: Promise<JobOutcome<Result>>;
  /** What happens to it from now on; the last one is `job.settled`. Each reader has its own; one that lags gets only the newest progress. */
  readonly events: AsyncIterable<JobEvent>;
  /** Asks the client to end it. Does nothing where it has ended. */
  cancel(): Promise<void>;
}

/** The jobs that one `submit` made, one for each client. Read as an iterable, it gives their outcomes in the order in which they end. */
export interface JobGroup<Result = unknown> extends AsyncIterable<JobOutcome<Result>> {
  /** The id that its jobs share. */
  readonly id: string;
  readonly jobs: readonly JobHandle<Result>[];
  /** When each client has started it or never will: in the order of `jobs`. */
  readonly accepted: Promise<boolean[]>;
  /** When all have ended: in the order of `jobs`. */
  readonly outcomes: Promise<JobOutcome<Result>[]>;
  /** Asks each client to end its job. */
  cancel(): Promise<void>;
}
