import type { JobGroup, JobHandle, JobOutcome } from './job-group.ts';

/** A job that the shell has sent. Its promises resolve when what they tell has been shown. */
export type SentJob = Pick<
  JobHandle,
  'id' | 'client' | 'command' | 'accepted' | 'outcome' | 'mayLoseOutput' | 'standing'
>;

/** The jobs of one command that the shell has sent. */
export interface SentGroup extends Pick<JobGroup, 'id' | 'accepted' | 'outcomes'> {
  readonly jobs: readonly SentJob[];
}

/** A command that was sent. */
export interface Sent {
  readonly group: SentGroup;
  /** With `--wait`: the outcomes that came in its time. */
  readonly answered: Promise<JobOutcome[]> | undefined;
}

/** What ids of jobs are called where they are typed. */
export interface JobNaming {
  /** How many commands were sent from this script or file; undefined where numbers are the server's. */
  readonly sentHere: number | undefined;
  /** The id that `7`, `last` or a name means; a text that is none of these is an id itself. */
  idOf(text: string): string | undefined;
  /** The names that `--as` gave, with their ids. */
  all(): Map<string, string>;
}
