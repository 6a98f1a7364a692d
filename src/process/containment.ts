/** What holds the processes of a job together. */
export interface Containment {
  /**
   * - `cgroup-v2`: nothing flees, and `cgroup.kill` ends all at once.
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
  /** Its own process, known from when that has been started. */
  leader: number | undefined;
  /** From then on the number of the leader may be another's. */
  leaderEnded: boolean;
  /** Those that live. */
  members(): Promise<number[]>;
  /** Sends KILL to all of them. */
  kill(): Promise<void>;
  usage(): Promise<Usage>;
  /** Forgets the group. Nothing of it may live. */
  remove(): Promise<void>;
}

export interface Usage {
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly outOfMemory: boolean;
}

export const unknownUsage: Usage = { cpuMs: null, peakMemoryBytes: null, outOfMemory: false };
