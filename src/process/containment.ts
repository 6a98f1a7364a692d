import { type ProcStat, sendSignal } from './proc.ts';

/** What holds the processes of a job together. */
export interface Containment {
  /**
   * - `cgroup-v2`: nothing flees without the right to write cgroups (root), and `cgroup.kill` ends all at once.
   * - `cgroup-v1`, or v2 before Linux 5.14: nothing flees; they are killed one by one until none is left.
   * - `none`: the session and process group, and whatever still has `SIGNALBOX_JOB` in the environment it was started with.
   */
  readonly kind: 'cgroup-v2' | 'cgroup-v1' | 'none';
  /** Why it is not `cgroup-v2`. */
  readonly reason?: string;
}

/** The processes of one job, whatever holds them together. */
export interface ProcessGroup {
  readonly containment: Containment;
  /** Files that a process writes `0` to in order to join. */
  readonly entrances: readonly string[];
  /** Its own process, once that has been started. */
  readonly leader: number | undefined;
  /** From then on the number of the leader may be another's. Set when its end has been reported. */
  leaderEnded: boolean;
  /** Its own process has just been started. */
  started(leader: number): void;
  look(): Promise<Look>;
  /** Sends KILL to all that can be reached without a look. */
  kill(): Promise<void>;
  usage(): Promise<Usage>;
  /** Forgets the group. Nothing of it may live. */
  remove(): Promise<void>;
}

/** What is there of a job. */
export interface Look {
  /** Those that live, and those that did when they were last seen. */
  readonly members: readonly ProcStat[];
  /** False where something could not be read: there may be more. */
  readonly complete: boolean;
}

/** Signals the process group that the leader began with, for which nothing has to be read. */
export function signalLeader({ leader, leaderEnded }: ProcessGroup, signal: NodeJS.Signals): void {
  if (leader !== undefined && !leaderEnded) sendSignal(-leader, signal);
}

export interface Usage {
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly outOfMemory: boolean;
}

export const unknownUsage: Usage = { cpuMs: null, peakMemoryBytes: null, outOfMemory: false };
