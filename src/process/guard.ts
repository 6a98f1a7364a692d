import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from './clock.ts';
import { ProcessError } from './process-error.ts';

/** What the watchdog ends and removes after this process has gone. */
export interface Guarded {
  /** Prefix of `SIGNALBOX_JOB` in all processes that this process starts. */
  readonly mark: string;
  /** The cgroup of all jobs, if there is one. */
  readonly tracker?: string;
  readonly folders: readonly string[];
}

/** The argument of a watchdog. */
export interface WatchdogStart extends Guarded {
  /** Running jobs. The watchdog must know them from the beginning, because this process may end at any moment. */
  readonly leaders: readonly number[];
}

/** Its heap holds only a few names. */
const flags = [
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
  '--single-threaded',
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
];

/** Ms until a killed watchdog is replaced, doubled each time; the first is replaced at once. */
const backoffMs = { first: 100, longest: 5_000 };
/** A watchdog that lived this long resets the backoff. */
const settledMs = 60_000;
/** Maximum delay for reporting the end of a job with the start of the next: far shorter than it takes to reuse a pid. */
const endWaitsMs = 100;

/**
 * Controls the watchdog, a process in its own session that reads a pipe. When the pipe ends, however this process
 * ended, it ends what the jobs left. It is given the session of each job, since a program may erase the mark in its
 * environment.
 *
 * States: none until the first job starts; then running. If it is killed while jobs run it is replaced, with a back-off;
 * otherwise at the next start of a job, which does not wait for the back-off.
 */
export class Guard {
  private readonly guarded: Guarded;
  private readonly leaders = new Set<number>();
  /** Lines that are sent with the next start of a job, because each write wakes the watchdog. */
  private ended = '';
  private endedTimer: NodeJS.Timeout | undefined;
  private child: ChildProcess | undefined;
  private startedAtMs = 0;
  private delayMs = 0;
  private retry: NodeJS.Timeout | undefined;

  constructor(guarded: Guarded) {
    this.guarded = guarded;
  }

  /**
   * Starts the watchdog, unless it runs.
   * @throws ProcessError `cannot_fork`. No job may be started without it.
   */
  ensure(): void {
    if (this.isRunning) return;
    clearTimeout(this.retry);
    const child = start({ ...this.guarded, leaders: [...this.leaders] });
    // Neither may keep this process alive, since the watchdog waits for its end.
    child.unref();
    if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
    child.once('exit', () => this.replace());
    this.child = child;
    this.startedAtMs = monotonicMs();
  }

  add(leader: number): void {
    this.leaders.add(leader);
    if (this.isRunning) this.tell(`+${leader}\n`);
    // The watchdog was killed after `ensure`.
    else this.replace();
  }

  remove(leader: number): void {
    if (!this.leaders.delete(leader)) return;
    this.ended += `-${leader}\n`;
    this.endedTimer ??= setTimeout(() => this.tell(''), endWaitsMs).unref();
  }

  private get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  /** Starts another watchdog if there are jobs to watch over. */
  private replace(): void {
    if (this.leaders.size === 0) return;
    if (monotonicMs() - this.startedAtMs >= settledMs) this.delayMs = 0;
    clearTimeout(this.retry);
    if (this.delayMs === 0) this.tryEnsure();
    else this.retry = setTimeout(() => this.tryEnsure(), this.delayMs).unref();
    this.delayMs = Math.min(Math.max(backoffMs.first, this.delayMs * 2), backoffMs.longest);
  }

  private tryEnsure(): void {
    if (this.leaders.size === 0) return;
    try {
      this.ensure();
    } catch {
      this.retry = setTimeout(() => this.tryEnsure(), backoffMs.longest).unref();
    }
  }

  /** Ended leaders are sent first: a new leader may have the pid of an old one. */
  private tell(lines: string): void {
    this.child?.stdin?.write(this.ended + lines);
    this.ended = '';
    clearTimeout(this.endedTimer);
    this.endedTimer = undefined;
  }
}

/** @throws ProcessError `cannot_fork` */
function start(guarded: WatchdogStart): ChildProcess {
  const program = fileURLToPath(new URL(`./watchdog${extname(import.meta.filename)}`, import.meta.url));
  const args = [...flags, program, JSON.stringify(guarded)];
  let cause: unknown;
  try {
    const stdio: StdioOptions = ['pipe', 'ignore', 'ignore'];
    const child = spawn(process.execPath, args, { detached: true, stdio, cwd: '/', env: {} });
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    if (child.pid !== undefined) return child;
  } catch (error) {
    cause = error;
  }
  throw new ProcessError('cannot_fork', 'the watchdog of processes could not be started', { cause });
}
