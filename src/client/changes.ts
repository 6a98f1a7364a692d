import { startTimeout } from '../timer.ts';

/** Notifies waiters that a condition may have changed. */
export class Changes {
  /** Created when something waits. */
  private next: PromiseWithResolvers<void> | undefined;

  tell(): void {
    this.next?.resolve();
    this.next = undefined;
  }

  /** Resolves when `done()` is true, checked after each change, or after `timeoutMs`. */
  async until(done: () => boolean, timeoutMs: number): Promise<void> {
    using timeUp = startTimeout(timeoutMs);
    timeUp.signal.addEventListener('abort', () => this.tell(), { once: true });
    while (!done() && !timeUp.signal.aborted) {
      this.next ??= Promise.withResolvers();
      await this.next.promise;
    }
  }
}
