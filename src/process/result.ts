import type { Containment } from './containment.ts';
import type { LimitName, OutputStream } from './options.ts';

/** How a process ended: independent facts, of which several may hold. */
export interface ProcessResult {
  /** null if a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, whoever sent it; null if it exited. */
  readonly signal: NodeJS.Signals | null;
  /** It was ended because `timeoutMs` had passed. */
  readonly timedOut: boolean;
  /** The kernel killed at least one of its processes at `memoryBytes`. */
  readonly outOfMemory: boolean;
  /** It was ended by `stop()` or by `signal`. */
  readonly cancelled: boolean;
  /** From its start until it and all processes it left had ended. */
  readonly durationMs: number;
  /** Bytes of both streams, including those no longer kept. */
  readonly outputBytes: number;
  /** Processor time of all its processes; null if no cgroup counted it. */
  readonly cpuMs: number | null;
  /** Peak memory of all its processes together, including page cache; null if no memory controller counted it. */
  readonly maxRssBytes: number | null;
  /** Processes still running when its own process had ended by itself; they were ended then. */
  readonly leftRunning: number;
  /** Names of their programs. */
  readonly leftPrograms: readonly string[];
  /** Processes that survived KILL, or were seen to escape. */
  readonly survivors: readonly number[];
}

/** How a requested limit is enforced; `unavailable` says why it is not. */
export type AppliedLimit =
  | { readonly value: number; readonly by: 'cgroup-v2' | 'cgroup-v1' | 'rlimit' }
  | { readonly value: number; readonly unavailable: string };

/** The part of a stream that can still be read. */
export interface KeptOutput {
  /** Offset of the first byte still kept. */
  readonly start: number;
  /** Offset after the last byte so far. */
  readonly end: number;
  /** The stream has ended. */
  readonly ended: boolean;
}

/** Current state of a process. */
export interface ProcessStatus {
  /** The value of `SIGNALBOX_JOB` in its environment. */
  readonly id: string;
  readonly pid: number;
  /** `ending`: its end was requested, or its own process has ended and others have not. */
  readonly state: 'running' | 'ending' | 'exited';
  /** What contains its processes, and if that is not a cgroup, why. */
  readonly containment: Containment;
  /** How each requested limit is enforced. */
  readonly limits: Readonly<Partial<Record<LimitName, AppliedLimit>>>;
  readonly output: Readonly<Record<OutputStream, KeptOutput>>;
  /** Why the output file could not be written or read (a full disk, for example); 1 MiB of memory replaces it. */
  readonly outputError: string | undefined;
  /** The outputs were cut off, because a process out of reach held them open. */
  readonly outputCut: boolean;
  /** How it ended. Undefined until it has. */
  readonly result: ProcessResult | undefined;
}
