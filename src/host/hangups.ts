/** Tells when SIGHUP has come to a process without a terminal: the files that it appends to are to be opened anew. */
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
