import type { Sink } from './sink.ts';

const boundMs = 10_000;
const lastWordsMs = 100;

/**
 * Bounds a graceful shutdown: after 10 s the process ends anyway and reports what it was waiting for. The time starts when
 * the shutdown is requested; before that, the wait for slow readers has no limit.
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

  /** Names `what` as keeping the process until `work` is done. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    this.keepers.add(what);
    return await work.finally(() => this.keepers.delete(what));
  }

  start(exitCode: number): void {
    this.timer ??= setTimeout(() => {
      const what = [...this.keepers].join(', ') || 'its own work';
      void this.stderr.write(`signalbox: did not end within ${boundMs / 1000} s because of ${what}; ended anyway\n`);
      setTimeout(() => this.endNow(exitCode), lastWordsMs);
    }, boundMs).unref();
  }
}
