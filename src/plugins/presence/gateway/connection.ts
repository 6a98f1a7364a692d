import type { ConnectError } from '@connectrpc/connect';

/** What carries the messages of a connection. */
export interface Carrier {
  /** Sends a ping, unless one before it has not left yet. */
  ping(): void;
  /** @param error the status that the user gets; without one the stream ends as it should. */
  end(error: ConnectError | undefined): void;
}

/** One stream of a user, until it is closed; the first reason to close it stands. */
export class Connection {
  readonly userId: string;
  private readonly carrier: Carrier;
  private readonly onClose: (connection: Connection) => void;
  private unansweredPings = 0;
  private pongsSincePing = 0;
  private isClosed = false;

  /** @param onClose is called once. */
  constructor(userId: string, carrier: Carrier, onClose: (connection: Connection) => void) {
    this.userId = userId;
    this.carrier = carrier;
    this.onClose = onClose;
  }

  /** Pings since the last pong. */
  get unanswered(): number {
    return this.unansweredPings;
  }

  ping(): void {
    this.unansweredPings += 1;
    this.pongsSincePing = 0;
    this.carrier.ping();
  }

  /** @returns how many have come since the last ping. */
  pong(): number {
    this.unansweredPings = 0;
    this.pongsSincePing += 1;
    return this.pongsSincePing;
  }

  close(error?: ConnectError): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose(this);
    this.carrier.end(error);
  }
}
