import { limits } from '../../../schemas/index.ts';

/** Time for a client to disconnect after `refused`. Handshakes that were admitted earlier have also ended by then. */
const graceMs = limits.handshakeMs;
const rounds = 2;

/**
 * Ends connections of removed keys. Each client gets `refused` and should disconnect. A ROUTER cannot close a single
 * connection, and the key of a connection is unknown. But an admitted client soon has a session, so if a connection
 * without one outlives its time, all connections are closed, and admitted clients reconnect.
 */
export class Eviction implements Disposable {
  private readonly sessionless: () => string[];
  private readonly closeConnections: () => Promise<void>;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: {
    /** Open connections without a session. */
    sessionless: () => string[];
    closeConnections: () => Promise<void>;
  }) {
    this.sessionless = options.sessionless;
    this.closeConnections = options.closeConnections;
  }

  /** A key was removed from the list. Connections that have no session now, or are in their handshake, must end. */
  keyRemoved(): void {
    this.watch(rounds);
  }

  [Symbol.dispose](): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private watch(roundsLeft: number): void {
    if (roundsLeft === 0) return;
    const suspects = this.sessionless();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const open = new Set(this.sessionless());
      if (suspects.some((peer) => open.has(peer))) void this.closeConnections();
      else this.watch(roundsLeft - 1);
    }, graceMs);
    this.timers.add(timer);
  }
}
