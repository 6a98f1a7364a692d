import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProcessError } from './process-error.ts';

/** What the watchdog ends and removes after this process has gone. */
export interface Guarded {
  /** Prefix of `SIGNALBOX_JOB` in all processes that this process starts. */
  readonly mark: string;
  /** The cgroup of all jobs, if there is one. */
  readonly tracker?: string;
  readonly folders: readonly string[];
}

/** Its heap holds only a few names. */
const flags = [
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
  '--single-threaded',
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
];

/**
 * Controls the watchdog, a process in its own session that reads a pipe. When the pipe ends, however this process
 * ended, it ends what the jobs left. It is given the session of each job, since a program may erase the mark in its
 * environment.
 */
export class Guard {
  private readonly guarded: Guarded;
  private readonly leaders = new Set<number>();
  private child: ChildProcess | undefined;

  constructor(guarded: Guarded) {
    this.guarded = guarded;
  }

  /**
   * Starts the watchdog, or restarts it if it has been killed.
   * @throws ProcessError `cannot_fork`. No job may be started without it.
   */
  ensure(): void {
    if (this.child?.exitCode === null && this.child.signalCode === null) return;
    const child = start(this.guarded);
    // Neither may keep this process alive, since the watchdog waits for its end.
    child.unref();
    if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
    this.child = child;
    for (const leader of this.leaders) this.tell('+', leader);
  }

  add(leader: number): void {
    this.leaders.add(leader);
    this.tell('+', leader);
  }

  remove(leader: number): void {
    if (this.leaders.delete(leader)) this.tell('-', leader);
  }

  private tell(sign: '+' | '-', leader: number): void {
    this.child?.stdin?.write(`${sign}${leader}\n`);
  }
}

/** @throws ProcessError `cannot_fork` */
function start(guarded: Guarded): ChildProcess {
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
