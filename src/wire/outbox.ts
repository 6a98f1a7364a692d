import { limits, SignalboxError } from '../../schemas/index.ts';
import { type Encoded, encodeFrame, encodeMessage } from './codec.ts';

/** Puts one frame on the line. Rejects with `code` `EAGAIN` (slow peer) or another (peer gone). */
export type SendFrame = (frame: Buffer) => Promise<void>;

const retryMs = 5;

/**
 * What is due to one peer. Idle: a message goes out at once, alone. Else it waits for the end of the tick, and all
 * that came meanwhile travels in one frame. Behind a slow peer (`EAGAIN`) it keeps order and tries again until the
 * peer reads. Closed: everything is ignored. Bounded by what the protocol lets be due to one peer.
 */
export class Outbox {
  private readonly waiting: Encoded[] = [];
  private readonly sendFrame: SendFrame;
  private readonly onGone: () => void;
  private busy = false;
  private closed = false;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(sendFrame: SendFrame, onGone: () => void) {
    this.sendFrame = sendFrame;
    this.onGone = onGone;
  }

  /** @throws SignalboxError `message_too_large` or `bad_message`; nothing is sent then. */
  push(message: object): void {
    if (this.closed || this.ended) return;
    this.waiting.push(encodeMessage(message));
    if (!this.busy) this.flush();
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
    const batch = this.nextBatch();
    this.busy = true;
    this.sendFrame(encodeFrame(batch)).then(
      () => setImmediate(() => this.next()),
      (error: unknown) => this.failed(batch, error),
    );
  }

  private next(): void {
    this.busy = false;
    if (!this.closed && this.waiting.length > 0) this.flush();
  }

  private failed(batch: Encoded[], error: unknown): void {
    if (this.closed) return;
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
      this.waiting.unshift(...batch);
      this.timer = setTimeout(() => this.next(), retryMs);
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
