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
  /** With `--wait`: the outcomes that arrived in time. Undefined without it. */
  readonly answered: Promise<JobOutcome[]> | undefined;
  /** Resolves when the next line may continue: when each job, or the first one of a batch, has started or ended. */
  readonly begun: Promise<unknown>;
}

/** Names of jobs as typed in a line. */
export interface JobNaming {
  /** Number of commands sent from this script or file. Undefined if `7` is a number of the server. */
  readonly sentHere: number | undefined;
  /** The server's number for `7`, `%7`, `last` or a name. Undefined if there is none. */
  numberOf(text: string): number | undefined;
  /** The server's numbers of jobs that were named with `--as`, by name. */
  all(): Map<string, number>;
}
