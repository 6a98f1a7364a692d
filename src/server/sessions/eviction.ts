import { limits } from '../../../schemas/index.ts';

/** Time for a client to disconnect after `refused`; handshakes admitted earlier have ended by then, too. */
const graceMs = limits.handshakeMs;
const rounds = 2;

/**
 * Ends connections of removed keys. Each gets `refused` and should disconnect. ROUTER cannot close a single connection,
 * and which key a connection used is unknown; but an admitted client soon has a session. So if a connection without a
 * session outlives its time, all connections are closed, and admitted clients reconnect.
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
