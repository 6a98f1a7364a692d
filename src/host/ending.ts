import type { ExitCode } from '../exit-code.ts';

/** The first SIGINT, for a script that must clean up before it ends. */
interface Interrupt extends Disposable {
  /** Aborts at the first SIGINT. */
  readonly signal: AbortSignal;
}

/**
 * Decides when this process ends and with which exit code. The first cause wins. While an interrupt is taken, its owner
 * handles the first SIGINT; disposing the interrupt then ends the process, and so does a second SIGINT.
 */
export class Ending {
  private readonly ending = new AbortController();
  private interrupt: AbortController | undefined;

  /** Aborts with the exit code as its reason. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  end(exitCode: ExitCode): void {
    this.ending.abort(exitCode);
  }

  /** Handles a SIGINT. */
  interrupted(): void {
    if (this.interrupt && !this.interrupt.signal.aborted) this.interrupt.abort(130);
    else this.end(130);
  }

  takeInterrupt(): Interrupt {
    const interrupt = new AbortController();
    this.interrupt = interrupt;
    return {
      signal: interrupt.signal,
      [Symbol.dispose]: () => {
        this.interrupt = undefined;
        if (interrupt.signal.aborted) this.end(130);
      },
    };
  }
}
