import type { JobGroup, JobHandle, JobOutcome } from './job-group.ts';

/** A job sent by the shell. Its promises resolve when the result has been shown. */
export type SentJob = Pick<
  JobHandle,
  'id' | 'number' | 'client' | 'place' | 'command' | 'accepted' | 'outcome' | 'mayLoseOutput' | 'standing'
>;

/** The jobs of one command sent by the shell. */
export interface SentGroup extends Pick<JobGroup, 'id' | 'number' | 'accepted' | 'outcomes'> {
  readonly jobs: readonly SentJob[];
}

/** A command sent by the shell. */
export interface Sent {
  readonly group: SentGroup;
  /** With `--wait`: the outcomes that arrived in time. */
  readonly answered: Promise<JobOutcome[]> | undefined;
  /** When the next line goes on: each job has started or ended; of a batch, the first one that does. */
  readonly begun: Promise<unknown>;
}

/** Names of jobs as typed in a line. */
export interface JobNaming {
  /** Number of commands sent from this script or file; undefined if `7` is the server's number. */
  readonly sentHere: number | undefined;
  /** The server's number that `7`, `%7`, `last` or a name stands for. */
  numberOf(text: string): number | undefined;
  /** The server's numbers by the names given with `--as`. */
  all(): Map<string, number>;
}
