import type { ConnectError } from '@connectrpc/connect';

/** The transport of a connection. */
export interface Carrier {
  /** Sends a ping, unless an earlier one is still unsent. */
  ping(): void;
  /** Ends the stream. @param error status for the user; undefined: OK */
  end(error: ConnectError | undefined): void;
}

/** One stream of a user. The first reason to close it is kept. */
export class Connection {
  readonly userId: string;
  private readonly carrier: Carrier;
  private readonly onClose: (connection: Connection) => void;
  private unansweredPings = 0;
  private pongsSincePing = 0;
  private isClosed = false;

  /** @param onClose called once */
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

  /** Counts a pong. @returns the number of pongs since the last ping */
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
