import { type FromClient, type FromServer, limits, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { systemCode } from '../process/system-error.ts';
import { type Encoded, maxFrameHeadBytes } from './encode-frame.ts';
import { OutboxGroup } from './outbox-group.ts';

/** The destination of an outbox. It is one object instead of several functions because a server has thousands. */
export interface Line {
  /** Sends one frame. Rejects with `code` `EAGAIN` if the peer is slow, with another code if it is gone. */
  send(frame: Buffer): Promise<void>;
  /** Called when the peer is gone: nothing more is sent. */
  gone(): void;
  /** Called before a frame is made. Messages that it pushes are in that frame. */
  turnEnds?(): void;
}

const firstRetryMs = 5;
/** The maximum is not smaller because retries cost time, and thousands of peers may be stalled at once. */
const lastRetryMs = 40;

/** A frame that is ready to send. */
interface Frame {
  readonly bytes: Buffer;
  readonly batch: readonly Encoded[];
  /** Further messages did not fit. */
  readonly isFull: boolean;
}

/**
 * The queue of messages to one peer. All messages of one turn of the event loop leave together in one frame at its end,
 * so the replies to a frame are one frame, too. If the peer is slow (`EAGAIN`), the order is kept and sending is
 * retried until the peer reads. After `close`, everything is ignored. `push` never refuses; check `isFull` before
 * accepting work that produces replies.
 */
export class Outbox {
  private readonly waiting: Encoded[] = [];
  private waitingBytes = 0;
  private readonly line: Line;
  private readonly group: OutboxGroup;
  /** A frame is being sent, or will be sent at the end of this turn. */
  private busy = false;
  private closed = false;
  private ended = false;
  /** A full frame that a slow peer did not accept. Encoding it again for each retry would cost more than sending it. */
  private refused: Frame | undefined;
  private retryMs = firstRetryMs;
  private timer: NodeJS.Timeout | undefined;
  private takenAt = monotonicMs();
  /** Resolved when a frame has been sent. */
  private moved: PromiseWithResolvers<void> | undefined;

  /** @param group shared by the outboxes of a socket that has many. */
  constructor(line: Line, group: OutboxGroup = new OutboxGroup()) {
    this.line = line;
    this.group = group;
  }

  /** @throws SignalboxError `message_too_large` or `bad_message`; then nothing is sent. */
  push(message: FromClient | FromServer): void {
    if (this.closed || this.ended) return;
    const encoded = this.group.encode(message);
    this.waiting.push(encoded);
    this.waitingBytes += encoded.length;
    this.wake();
  }

  /** Makes a frame at the end of this turn if there are messages then. */
  wake(): void {
    if (this.busy || this.closed) return;
    this.busy = true;
    this.group.add(this);
  }

  /** Number of messages that were not sent yet. */
  get length(): number {
    return this.waiting.length + (this.refused?.batch.length ?? 0);
  }

  /** Whether the queue has reached its limit, which it does not for a peer that reads. */
  get isFull(): boolean {
    const bytes = this.waitingBytes + (this.refused?.bytes.length ?? 0);
    return this.length >= limits.maxDueMessages || bytes >= limits.maxDueBytes;
  }

  /** Time when a frame was last sent. */
  get takenAtMs(): number {
    return this.takenAt;
  }

  /** Resolves when the outbox is not full, or is closed. */
  async room(): Promise<void> {
    while (this.isFull) {
      this.moved ??= Promise.withResolvers();
      await this.moved.promise;
    }
  }

  /**
   * Accepts no messages after `last`. Queued messages are still sent, except to a slow peer: then only `last` is kept.
   */
  end(last: FromClient | FromServer): void {
    this.push(last);
    this.ended = true;
    if (this.retryMs > firstRetryMs) this.keepLast();
  }

  close(): void {
    this.closed = true;
    this.waiting.length = 0;
    this.waitingBytes = 0;
    this.refused = undefined;
    clearTimeout(this.timer);
    this.moved?.resolve();
  }

  /** Sends the next frame. Called by the group. */
  flush(): void {
    const frame = this.refused ?? this.nextFrame();
    if (this.closed || !frame) {
      this.busy = false;
      return;
    }
    this.refused = undefined;
    this.line.send(frame.bytes).then(
      () => this.sent(),
      (error: unknown) => this.failed(frame, error),
    );
  }

  private sent(): void {
    this.busy = false;
    this.takenAt = monotonicMs();
    this.retryMs = firstRetryMs;
    this.moved?.resolve();
    this.moved = undefined;
    if (this.waiting.length > 0) this.wake();
  }

  private failed(frame: Frame, error: unknown): void {
    if (this.closed) return;
    if (systemCode(error) === 'EAGAIN') {
      if (frame.isFull) this.refused = frame;
      else this.putBack(frame.batch);
      if (this.ended) this.keepLast();
      this.timer = setTimeout(() => this.flush(), this.retryMs);
      this.retryMs = Math.min(lastRetryMs, 2 * this.retryMs);
      return;
    }
    this.close();
    this.line.gone();
  }

  /** Drops all but the last message: a peer that does not read would otherwise keep them in memory. */
  private keepLast(): void {
    const last = this.waiting.at(-1);
    if (!last) return;
    this.refused = undefined;
    this.waiting.splice(0, this.waiting.length - 1);
    this.waitingBytes = last.length;
  }

  private nextFrame(): Frame | undefined {
    this.line.turnEnds?.();
    if (this.waiting.length === 0) return undefined;
    const batch = this.nextBatch();
    return { bytes: this.group.frameOf(batch), batch, isFull: this.waiting.length > 0 };
  }

  private putBack(batch: readonly Encoded[]): void {
    this.waiting.unshift(...batch);
    for (const { length } of batch) this.waitingBytes += length;
  }

  /** Takes as many messages from the front as fit into one frame, at least one. */
  private nextBatch(): Encoded[] {
    let bytes = maxFrameHeadBytes;
    let items = 1;
    let length = 0;
    for (const message of this.waiting) {
      bytes += message.length;
      items += message.items;
      if (length > 0 && (bytes > limits.maxMessageBytes || items > limits.maxItems)) break;
      if (length === limits.maxBatchMessages) break;
      length += 1;
    }
    const batch = this.waiting.splice(0, length);
    for (const message of batch) this.waitingBytes -= message.length;
    return batch;
  }
}

/** Whether this is our error for a message that cannot be sent. */
export function isUnsendable(error: unknown): error is SignalboxError {
  return error instanceof SignalboxError && (error.code === 'message_too_large' || error.code === 'bad_message');
}
