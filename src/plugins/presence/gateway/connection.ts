import { create } from '@bufbuild/protobuf';
import { type Ping, PingSchema } from '../../../../schemas/api/tenten/interview/service_pb.js';

const ping = create(PingSchema);

/**
 * One stream of a user, until it is closed; the first reason to close it stands. A ping that is due while the one before
 * it has not been written yet is left out.
 */
export class Connection {
  readonly userId: string;
  private readonly onClose: (connection: Connection) => void;
  private isDue = false;
  private unansweredPings = 0;
  private pongsSincePing = 0;
  private closed: { readonly error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;

  /** @param onClose is called once. */
  constructor(userId: string, onClose: (connection: Connection) => void) {
    this.userId = userId;
    this.onClose = onClose;
  }

  /** Pings since the last pong. */
  get unanswered(): number {
    return this.unansweredPings;
  }

  ping(): void {
    this.unansweredPings += 1;
    this.pongsSincePing = 0;
    this.isDue = true;
    this.wake?.();
  }

  /** @returns how many have come since the last ping. */
  pong(): number {
    this.unansweredPings = 0;
    this.pongsSincePing += 1;
    return this.pongsSincePing;
  }

  /** @param error the status that the user gets; without one the stream ends as it should. */
  close(error?: Error): void {
    if (this.closed) return;
    this.closed = { error };
    this.onClose(this);
    this.wake?.();
  }

  /** What is sent. Read once. */
  async *pings(): AsyncGenerator<Ping> {
    for (;;) {
      if (this.closed?.error) throw this.closed.error;
      if (this.closed) return;
      if (this.isDue) {
        this.isDue = false;
        yield ping;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
