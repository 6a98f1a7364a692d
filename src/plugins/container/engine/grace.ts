/** Time from the stop signal until the container is killed. The engine accepts whole seconds. */
export const stopSeconds = 3;

/** Less than the 5 s that a client has to end. Includes the stop, the kill, the last output and the removal. */
const giveUpMs = 4_700;

/** Aborts `giveUp` some time after `signal`, so that nothing waits for an engine that does not answer. */
export class Grace implements Disposable {
  private readonly controller = new AbortController();
  private readonly signal: AbortSignal;
  private readonly isMeant: (reason: unknown) => boolean;
  private timer: NodeJS.Timeout | undefined;

  /** @param options.isMeant whether an abort with this reason starts the time. Default: every reason does. */
  constructor(signal: AbortSignal, { isMeant = () => true }: { isMeant?: (reason: unknown) => boolean } = {}) {
    this.signal = signal;
    this.isMeant = isMeant;
    if (signal.aborted) this.begin();
    else signal.addEventListener('abort', this.begin, { once: true });
  }

  get giveUp(): AbortSignal {
    return this.controller.signal;
  }

  [Symbol.dispose](): void {
    this.signal.removeEventListener('abort', this.begin);
    clearTimeout(this.timer);
  }

  private readonly begin = (): void => {
    if (this.isMeant(this.signal.reason)) this.timer = setTimeout(() => this.controller.abort('given up'), giveUpMs);
  };
}
