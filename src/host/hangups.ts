/** Reports SIGHUP to a process without a terminal, so that it reopens the files it appends to. */
export class Hangups {
  private readonly listeners = new Set<() => void>();

  listen(listener: () => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  tell(): void {
    for (const listener of this.listeners) listener();
  }
}
