import { type ProcStat, sendSignal } from './proc.ts';

/** What holds the processes of a job together. */
export interface Containment {
  /**
   * - `cgroup-v2`: only a process that may write cgroups (root) can escape, and `cgroup.kill` ends all at once.
   * - `cgroup-v1`, or v2 before Linux 5.14: the same, but processes are killed one by one until none is left.
   * - `none`: the session and process group, and every process started with `SIGNALBOX_JOB` in its environment.
   */
  readonly kind: 'cgroup-v2' | 'cgroup-v1' | 'none';
  /** Why it is not `cgroup-v2`. */
  readonly reason?: string;
}

/** The processes of one job, with or without cgroups. */
export interface ProcessGroup {
  readonly containment: Containment;
  /** A process joins by writing `0` to these files. */
  readonly entrances: readonly string[];
  /** The process of the job itself, once started. */
  readonly leader: number | undefined;
  /** Set when the end of the leader has been reported; from then on its pid may be reused. */
  leaderEnded: boolean;
  /** Call it right after the process of the job has been started. */
  started(leader: number): void;
  look(): Promise<Look>;
  /** Sends KILL to all processes that can be reached without a scan. */
  kill(): Promise<void>;
  usage(): Promise<Usage>;
  /** Releases the group, which must have no living processes. */
  remove(): Promise<void>;
}

/** The living processes of a job, as seen by one look. */
export interface Look {
  /** Processes that live, or did when last seen. */
  readonly members: readonly ProcStat[];
  /** False if something could not be read, so there may be more. */
  readonly complete: boolean;
}

/** Signals the leader's original process group, which needs no scan. */
export function signalLeader({ leader, leaderEnded }: ProcessGroup, signal: NodeJS.Signals): void {
  if (leader !== undefined && !leaderEnded) sendSignal(-leader, signal);
}

export interface Usage {
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly outOfMemory: boolean;
}

export const unknownUsage: Usage = { cpuMs: null, peakMemoryBytes: null, outOfMemory: false };
