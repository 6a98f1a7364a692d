import { ProcessError } from './process-error.ts';

/** The two outputs of a process. */
export type OutputStream = 'stdout' | 'stderr';
export const outputStreams: readonly OutputStream[] = ['stdout', 'stderr'];

/** What a process and all that it starts may use together. All are opt-in; without one the machine's own bounds hold. */
export interface ProcessLimits {
  /** Memory, page cache included; at the limit the kernel kills, see `outOfMemory`. Needs a memory controller. */
  readonly memoryBytes?: number;
  /** Processor time for each second of wall time: 0.5 is half a processor. It is slowed, not ended. Needs a cpu controller. */
  readonly cpus?: number;
  /** Processes and threads at a time; past it `fork` fails with EAGAIN. Needs a pids controller. */
  readonly pids?: number;
  /** Open files for each process, at least 16: RLIMIT_NOFILE (getrlimit(2)). */
  readonly openFiles?: number;
}

export type LimitName = keyof ProcessLimits;
export const limitNames: readonly LimitName[] = ['memoryBytes', 'cpus', 'pids', 'openFiles'];

export interface ProcessOptions {
  /** Program and arguments, as `execvp(3)` takes them. No shell reads them. */
  readonly argv: readonly string[];
  /** Default: that of this process. */
  readonly cwd?: string;
  /** The whole environment; `SIGNALBOX_JOB` is added. Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads, then the end. What it leaves unread is dropped. Default: nothing, `/dev/null`. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array | string>;
  readonly limits?: ProcessLimits;
  /** What to do where a limit cannot be set: throw `limit_unavailable` (the default), or run without it and say so in `status()`. */
  readonly ifLimitUnavailable?: 'refuse' | 'run';
  /** Wall time in ms, 1 to 2,147,483,647; then it is ended as by `stop()`, with `timedOut`. Default: no end. */
  readonly timeoutMs?: number;
  /** Between TERM and KILL wherever no other is given, in ms. Default: 5,000. */
  readonly graceMs?: number;
  /** When it aborts, the process is ended as by `stop()`. Aborted already: nothing is started. */
  readonly signal?: AbortSignal;
  /** Output kept of both streams together, in bytes, 8,192 or more. Default: 64 MiB. */
  readonly maxOutputBytes?: number;
  /**
   * At `maxOutputBytes`: `drop` the oldest output, or let the program `wait`, as at a pipe, until `taken` says that some is needed
   * no longer. Default: `drop`.
   */
  readonly whenFull?: 'drop' | 'wait';
  /** Called with true when the program begins to wait for `taken`, and with false when it goes on. */
  readonly onOutputFull?: (isFull: boolean) => void;
  /** Folder for the kept output: a file without a name, gone with this process. Default: the system's for temporary files. */
  readonly outputDirectory?: string;
  /** `none` does without cgroups where there are some. Default: `detect`. */
  readonly containment?: 'detect' | 'none';
}

/** Longest that one of Node's timers can last. */
const maxTimerMs = 2_147_483_647;

const ranges: Readonly<Record<string, readonly [least: number, most: number, whole: boolean]>> = {
  memoryBytes: [65_536, Number.MAX_SAFE_INTEGER, true],
  cpus: [0.01, 4_096, false],
  pids: [1, 4_194_304, true],
  // With fewer the shell that sets the limit and the program's own libraries cannot be opened.
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
