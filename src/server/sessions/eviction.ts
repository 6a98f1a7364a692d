import { limits } from '../../../schemas/index.ts';

/** How long a client has to hang up after its `refused`; handshakes that were let in before have ended by then, too. */
const graceMs = limits.handshakeMs;
const rounds = 2;

/**
 * Ends connections of removed keys. Each is told `refused` and hangs up by itself; one that does not could go on sending, and a
 * ROUTER cannot close it. Which key a connection has shown is not known, but a client that may be here has a session soon. So where
 * one without a session is still open when its time is over, all connections are closed: those of others come back in new sessions.
 */
export class Eviction implements Disposable {
  private readonly sessionless: () => string[];
  private readonly closeConnections: () => Promise<void>;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: {
    /** The connections that are open and have no session. */
    sessionless: () => string[];
    closeConnections: () => Promise<void>;
  }) {
    this.sessionless = options.sessionless;
    this.closeConnections = options.closeConnections;
  }

  /** A key was taken off the list. What is open without a session now, or from a handshake that is under way, must go. */
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
