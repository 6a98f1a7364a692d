import type { Sink } from './sink.ts';

const boundMs = 10_000;
const lastWordsMs = 100;

/**
 * An orderly end has its time: past it the process ends all the same, and says what kept it. It counts from the moment that
 * the process is told to end; a reader that is only slow is else waited for as long as it takes.
 */
export class EndBound {
  private readonly keepers = new Set<string>();
  private readonly stderr: Sink;
  private readonly endNow: (exitCode: number) => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(stderr: Sink, endNow: (exitCode: number) => void) {
    this.stderr = stderr;
    this.endNow = endNow;
  }

  /** `what` keeps the process from its end until `work` is done. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    this.keepers.add(what);
    return await work.finally(() => this.keepers.delete(what));
  }

  start(exitCode: number): void {
    this.timer ??= setTimeout(() => {
      const what = [...this.keepers].join(', ') || 'its own work';
      void this.stderr.write(`signalbox: told to end ${boundMs / 1000} s ago, and kept by ${what}: ended without it\n`);
      setTimeout(() => this.endNow(exitCode), lastWordsMs);
    }, boundMs).unref();
  }
}
