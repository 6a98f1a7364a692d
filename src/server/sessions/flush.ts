/**
 * Waits until clients have read everything sent to them. Each is asked for an answer, which it sends after reading
 * earlier messages such as acks.
 */
export class Flush {
  private readonly ask: (peer: string) => void;
  private readonly asked = new Set<string>();
  private whenAll: () => void = () => {};

  constructor(ask: (peer: string) => void) {
    this.ask = ask;
  }

  /** @param timeoutMs maximum time to wait for clients that do not answer. */
  async wait(peers: readonly string[], timeoutMs: number): Promise<void> {
    if (peers.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.whenAll = resolve;
    // Add all before asking, because asking may reveal that a peer is gone.
    for (const peer of peers) this.asked.add(peer);
    for (const peer of peers) this.ask(peer);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  /** The peer has answered or is gone. */
  done(peer: string): void {
    if (this.asked.delete(peer) && this.asked.size === 0) this.whenAll();
  }
}
