import type { Containment } from './containment.ts';
import type { LimitName, OutputStream } from './options.ts';

/** How a process ended, as flat facts that do not exclude one another. */
export interface ProcessResult {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, whoever sent it; null where it exited. */
  readonly signal: NodeJS.Signals | null;
  /** `timeoutMs` passed before it ended, and it was ended for that. */
  readonly timedOut: boolean;
  /** The kernel killed at least one of its processes at `memoryBytes`. */
  readonly outOfMemory: boolean;
  /** It was ended by `stop()` or by `signal`. */
  readonly cancelled: boolean;
  /** From the start until it and all it left were gone. */
  readonly durationMs: number;
  /** Bytes of both streams, also those no longer kept. */
  readonly outputBytes: number;
  /** Processor time of all its processes; null where no cgroup counted it. */
  readonly cpuMs: number | null;
  /** Most memory of all its processes at a time, page cache included; null where no memory controller counted it. */
  readonly maxRssBytes: number | null;
  /** Processes that were still running when its own ended by itself; they were ended then. */
  readonly leftRunning: number;
  /** The names of their programs. */
  readonly leftPrograms: readonly string[];
  /** Processes that were there even after KILL, or that fled where this may be seen. */
  readonly survivors: readonly number[];
}

/** How a limit that was asked for is kept; `unavailable` says why it is not. */
export type AppliedLimit =
  | { readonly value: number; readonly by: 'cgroup-v2' | 'cgroup-v1' | 'rlimit' }
  | { readonly value: number; readonly unavailable: string };

export interface KeptOutput {
  /** Offset of the first byte that is still kept. */
  readonly start: number;
  /** Offset behind the last byte so far. */
  readonly end: number;
  /** Nothing more will come. */
  readonly ended: boolean;
}

/** What is known of a process now. */
export interface ProcessStatus {
  /** The value of `SIGNALBOX_JOB` in its environment. */
  readonly id: string;
  readonly pid: number;
  /** `ending`: it has been told to, or its own process has ended and others of it have not. */
  readonly state: 'running' | 'ending' | 'exited';
  /** What holds its processes together, and where it is no cgroup, why. */
  readonly containment: Containment;
  readonly limits: Readonly<Partial<Record<LimitName, AppliedLimit>>>;
  readonly output: Readonly<Record<OutputStream, KeptOutput>>;
  /** Why the file for the output could not be written or read (a full disk, say); 1 MiB in memory stands in for it. */
  readonly outputError: string | undefined;
  /** A process out of reach held the outputs open, and they were cut off. */
  readonly outputCut: boolean;
  readonly result: ProcessResult | undefined;
}
