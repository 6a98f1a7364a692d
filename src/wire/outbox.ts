import { limits, SignalboxError } from '../../schemas/index.ts';
import { type Encoded, encodeFrame, encodeMessage } from './codec.ts';

/** Puts one frame on the line. Rejects with `code` `EAGAIN` (slow peer) or another (peer gone). */
export type SendFrame = (frame: Buffer) => Promise<void>;

const retryMs = 5;

/**
 * What is due to one peer. All that comes in one turn of the event loop travels in one frame, at its end: what answers a frame
 * is one frame too. Behind a slow peer (`EAGAIN`) it keeps order and tries again until the peer reads. Closed: everything is
 * ignored. Bounded by what the protocol lets be due to one peer.
 */
export class Outbox {
  private readonly waiting: Encoded[] = [];
  private readonly sendFrame: SendFrame;
  private readonly onGone: () => void;
  private readonly onTurnEnd: () => void;
  /** A frame is on its way, or will be at the end of this turn. */
  private busy = false;
  private closed = false;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param onTurnEnd called before a frame is made: what it pushes is in that. */
  constructor(sendFrame: SendFrame, onGone: () => void, onTurnEnd: () => void = () => {}) {
    this.sendFrame = sendFrame;
    this.onGone = onGone;
    this.onTurnEnd = onTurnEnd;
  }

  /** @throws SignalboxError `message_too_large` or `bad_message`; nothing is sent then. */
  push(message: object): void {
    if (this.closed || this.ended) return;
    this.waiting.push(encodeMessage(message));
    this.wake();
  }

  /** Makes a frame at the end of this turn, if there is something for it then. */
  wake(): void {
    if (this.busy || this.closed) return;
    this.busy = true;
    setImmediate(() => this.flush());
  }

  /** Messages that the peer's line has not taken yet. */
  get length(): number {
    return this.waiting.length;
  }

  /** Takes no more; what is there still leaves. */
  end(): void {
    this.ended = true;
  }

  close(): void {
    this.closed = true;
    this.waiting.length = 0;
    clearTimeout(this.timer);
  }

  private flush(): void {
    this.onTurnEnd();
    if (this.closed || this.waiting.length === 0) {
      this.busy = false;
      return;
    }
    const batch = this.nextBatch();
    this.sendFrame(encodeFrame(batch)).then(
      () => this.sent(),
      (error: unknown) => this.failed(batch, error),
    );
  }

  private sent(): void {
    this.busy = false;
    if (this.waiting.length > 0) this.wake();
  }

  private failed(batch: Encoded[], error: unknown): void {
    if (this.closed) return;
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
      this.waiting.unshift(...batch);
      this.timer = setTimeout(() => this.flush(), retryMs);
      return;
    }
    this.close();
    this.onGone();
  }

  /** Takes as many messages from the front as fit into one frame: one at least. */
  private nextBatch(): Encoded[] {
    let bytes = 3;
    let items = 1;
    let length = 0;
    for (const message of this.waiting) {
      bytes += message.bytes.length;
      items += message.items;
      if (length > 0 && (bytes > limits.maxMessageBytes || items > limits.maxItems)) break;
      if (length === limits.maxBatchMessages) break;
      length += 1;
    }
    return this.waiting.splice(0, length);
  }
}

/** Whether an error is ours and says that the message itself cannot travel. */
export function isUnsendable(error: unknown): error is SignalboxError {
  return error instanceof SignalboxError && (error.code === 'message_too_large' || error.code === 'bad_message');
}
