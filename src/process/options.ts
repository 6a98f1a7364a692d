import { ProcessError } from './process-error.ts';

/** The two outputs of a process. */
export type OutputStream = 'stdout' | 'stderr';
export const outputStreams: readonly OutputStream[] = ['stdout', 'stderr'];

/**
 * Limits for a process and all processes that it starts, together. Each is optional. Default: the limits of the machine.
 */
export interface ProcessLimits {
  /**
   * Bytes of memory, including page cache. At the limit the kernel kills, see `outOfMemory`. Needs a memory controller.
   */
  readonly memoryBytes?: number;
  /**
   * Processor time per second of wall time: 0.5 is half a processor. It is throttled, not ended. Needs a cpu
   * controller.
   */
  readonly cpus?: number;
  /** Number of processes and threads; beyond it `fork` fails with EAGAIN. Needs a pids controller. */
  readonly pids?: number;
  /** Open files per process, at least 16: RLIMIT_NOFILE (getrlimit(2)). */
  readonly openFiles?: number;
}

/** Name of a limit. */
export type LimitName = keyof ProcessLimits;
export const limitNames: readonly LimitName[] = ['memoryBytes', 'cpus', 'pids', 'openFiles'];

/** Options of `startProcess`. */
export interface ProcessOptions {
  /** Program and arguments, as `execvp(3)` takes them. No shell reads them. */
  readonly argv: readonly string[];
  /** Default: that of this process. */
  readonly cwd?: string;
  /** The complete environment; `SIGNALBOX_JOB` is added. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its standard input. Unread bytes are dropped. Default: `/dev/null`. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array | string>;
  /** Default: none. */
  readonly limits?: ProcessLimits;
  /** If a limit cannot be set: throw `limit_unavailable` (default), or run without it and report that in `status()`. */
  readonly ifLimitUnavailable?: 'refuse' | 'run';
  /**
   * Wall time in ms, 1 to 2,147,483,647, after which it is ended as by `stop()`, with `timedOut`. Default: unlimited.
   */
  readonly timeoutMs?: number;
  /** Default time between TERM and KILL, in ms. Default: 5,000. */
  readonly graceMs?: number;
  /** When it aborts, the process is ended as by `stop()`. If it is already aborted, nothing is started. */
  readonly signal?: AbortSignal;
  /** Output to keep of both streams together, in bytes, at least 8,192. Default: 64 MiB. */
  readonly maxOutputBytes?: number;
  /**
   * At `maxOutputBytes`: `drop` the oldest output, or let the program `wait`, as at a full pipe, until `taken` releases
   * some. Default: `drop`.
   */
  readonly whenFull?: 'drop' | 'wait';
  /** Called with true when the program begins to wait for `taken`, and with false when it continues. */
  readonly onOutputFull?: (isFull: boolean) => void;
  /** Folder for the unlinked file that keeps the output. Default: the system's folder for temporary files. */
  readonly outputDirectory?: string;
  /** `none` never uses cgroups. Default: `detect`. */
  readonly containment?: 'detect' | 'none';
}

/** Maximum duration of a Node timer. */
const maxTimerMs = 2_147_483_647;

const ranges: Readonly<Record<string, readonly [least: number, most: number, whole: boolean]>> = {
  memoryBytes: [65_536, Number.MAX_SAFE_INTEGER, true],
  cpus: [0.01, 4_096, false],
  pids: [1, 4_194_304, true],
  // With fewer, neither the shell that sets the limit nor the program's libraries can be opened.
  openFiles: [16, 1_073_741_816, true],
  timeoutMs: [1, maxTimerMs, false],
  graceMs: [0, maxTimerMs, false],
  maxOutputBytes: [8_192, Number.MAX_SAFE_INTEGER, true],
};

/** @throws ProcessError `bad_options` */
export function checkOptions(options: ProcessOptions): void {
  const { argv, limits = {}, timeoutMs, graceMs, maxOutputBytes } = options;
  if (!argv[0]) throw new ProcessError('bad_options', 'argv needs a program as its first element');
  const env = Object.entries(options.env ?? {}).flat();
  for (const text of [...argv, ...env, options.cwd ?? '']) {
    if (text?.includes('\0')) throw new ProcessError('bad_options', 'argv, env and cwd cannot hold a NUL byte');
  }
  if (Object.keys(options.env ?? {}).some((name) => name === '' || name.includes('='))) {
    throw new ProcessError('bad_options', "a name in env cannot be empty or hold a '='");
  }
  for (const [name, value] of Object.entries({ ...limits, timeoutMs, graceMs, maxOutputBytes })) {
    const range = ranges[name];
    if (!range) throw new ProcessError('bad_options', `no such limit: ${name}`);
    if (value === undefined) continue;
    const [least, most, whole] = range;
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new ProcessError('bad_options', `${name} must be ${kind} from ${least} to ${most}, not ${value}`);
    }
  }
}
