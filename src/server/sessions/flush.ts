/**
 * The wait at the end until clients have read all that was sent to them. Each is asked for a sign of life: who answers has read what
 * was sent before, acks above all.
 */
export class Flush {
  private readonly ask: (peer: string) => void;
  private readonly asked = new Set<string>();
  private whenAll: () => void = () => {};

  constructor(ask: (peer: string) => void) {
    this.ask = ask;
  }

  /** @param timeoutMs for those that do not answer. */
  async wait(peers: readonly string[], timeoutMs: number): Promise<void> {
    if (peers.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.whenAll = resolve;
    // All of them first: to ask one may find that it is gone.
    for (const peer of peers) this.asked.add(peer);
    for (const peer of peers) this.ask(peer);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** This one has answered, or is gone. */
  done(peer: string): void {
    if (this.asked.delete(peer) && this.asked.size === 0) this.whenAll();
  }
}
