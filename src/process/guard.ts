import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProcessError } from './process-error.ts';

/** What the watchdog is to end and remove when this process is gone. */
export interface Guarded {
  /** How the value of `SIGNALBOX_JOB` begins in all that this process starts. */
  readonly mark: string;
  /** The cgroup that holds all jobs, where there is one. */
  readonly tracker?: string;
  readonly folders: readonly string[];
}

/** Its heap holds a few names; what else it has, it shares with this process. */
const flags = [
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
  '--single-threaded',
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
];

/**
 * The watchdog as this process sees it: a process in a session of its own that reads a pipe, and when that ends, however
 * this process ended, ends what its jobs left. It is told the session of each job, since the mark may be wiped out.
 */
export class Guard {
  private readonly guarded: Guarded;
  private readonly leaders = new Set<number>();
  private child: ChildProcess | undefined;

  constructor(guarded: Guarded) {
    this.guarded = guarded;
  }

  /**
   * Starts the watchdog, again where it has been killed.
   * @throws ProcessError `cannot_fork`: without it nothing may be started.
   */
  ensure(): void {
    if (this.child?.exitCode === null && this.child.signalCode === null) return;
    const child = start(this.guarded);
    // Neither keeps this process from ending: its end is what the watchdog waits for.
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
