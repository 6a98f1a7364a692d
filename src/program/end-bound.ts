import type { ExitCode } from '../shell/exit-code.ts';
import type { ProcessSink } from './host.ts';

const boundMs = 10_000;
const lastWordsMs = 100;

/**
 * An orderly end has its time: past it the process ends all the same, and says what kept it. It counts from the moment that
 * the process is told to end; a reader that is only slow is else waited for as long as it takes.
 */
export class EndBound {
  private readonly keepers = new Set<string>();
  private readonly stdout: ProcessSink;
  private readonly stderr: ProcessSink;
  private timer: NodeJS.Timeout | undefined;

  constructor(stdout: ProcessSink, stderr: ProcessSink) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** `what` keeps the process from its end until `work` is done. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    this.keepers.add(what);
    return await work.finally(() => this.keepers.delete(what));
  }

  start(exitCode: ExitCode): void {
    this.timer ??= setTimeout(() => {
      const what = [...this.keepers].join(', ') || 'its own work';
      void this.stderr.write(`signalbox: told to end ${boundMs / 1000} s ago, and kept by ${what}: ended without it\n`);
      setTimeout(() => this.exit(exitCode), lastWordsMs);
    }, boundMs).unref();
  }

  /**
   * Ends this process now. `process.exit` waits for its threads, and one that writes to a terminal which nobody reads never
   * comes back: then only SIGKILL is left.
   */
  exit(exitCode: ExitCode): void {
    if (this.stdout.isStuck() || this.stderr.isStuck()) process.kill(process.pid, 'SIGKILL');
    process.exit(exitCode);
  }
}
