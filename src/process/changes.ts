/** Wakes everyone waiting for a change. */
export class Changes {
  private readonly waiting = new Set<() => void>();
  /** Number of changes so far. */
  version = 0;

  touch(): void {
    this.version += 1;
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves when `version` differs from the given one, or when `signal` aborts. */
  since(version: number, signal?: AbortSignal): Promise<void> {
    if (this.version !== version || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}
