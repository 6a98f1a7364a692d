import { type FromClient, type FromServer, limits, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { systemCode } from '../process/system-error.ts';
import { type Encoded, maxFrameHeadBytes } from './encode-frame.ts';
import { OutboxGroup } from './outbox-group.ts';

/** Where an outbox sends to. One object rather than a function for each: a server has thousands. */
export interface Line {
  /** Puts one frame on the line. Rejects with `code` `EAGAIN` (slow peer) or another (peer gone). */
  send(frame: Buffer): Promise<void>;
  /** The peer is gone: nothing more is sent. */
  gone(): void;
  /** Called before a frame is made: what it pushes is in that. */
  turnEnds?(): void;
}

const firstRetryMs = 5;
/** Retries cost time: thousands of peers may stand still at once. */
const lastRetryMs = 40;

/** What leaves at once. */
interface Frame {
  readonly bytes: Buffer;
  readonly batch: readonly Encoded[];
  /** No more fits into it. */
  readonly isFull: boolean;
}

/**
 * What is due to one peer. All that comes in one turn of the event loop travels in one frame, at its end: what answers
 * a frame is one frame too. Behind a slow peer (`EAGAIN`) it keeps order and tries again until the peer reads. Closed:
 * everything is ignored. `push` never refuses; check `isFull` before accepting work that produces replies.
 */
export class Outbox {
  private readonly waiting: Encoded[] = [];
  private waitingBytes = 0;
  private readonly line: Line;
  private readonly group: OutboxGroup;
  /** A frame is on its way, or will be at the end of this turn. */
  private busy = false;
  private closed = false;
  private ended = false;
  /** A full frame that a slow peer's line has refused: to make it anew each time would cost more than to send it. */
  private refused: Frame | undefined;
  private retryMs = firstRetryMs;
  private timer: NodeJS.Timeout | undefined;
  private takenAt = monotonicMs();
  /** The wait for the line to take something. */
  private moved: PromiseWithResolvers<void> | undefined;

  /** @param group that of the outboxes of the same socket, where it has many. */
  constructor(line: Line, group: OutboxGroup = new OutboxGroup()) {
    this.line = line;
    this.group = group;
  }

  /** @throws SignalboxError `message_too_large` or `bad_message`; nothing is sent then. */
  push(message: FromClient | FromServer): void {
    if (this.closed || this.ended) return;
    const encoded = this.group.encode(message);
    this.waiting.push(encoded);
    this.waitingBytes += encoded.length;
    this.wake();
  }

  /** Makes a frame at the end of this turn, if there is something for it then. */
  wake(): void {
    if (this.busy || this.closed) return;
    this.busy = true;
    this.group.add(this);
  }

  /** Messages that the peer's line has not taken yet. */
  get length(): number {
    return this.waiting.length + (this.refused?.batch.length ?? 0);
  }

  /** More is due than a peer that reads is ever owed. */
  get isFull(): boolean {
    const bytes = this.waitingBytes + (this.refused?.bytes.length ?? 0);
    return this.length >= limits.maxDueMessages || bytes >= limits.maxDueBytes;
  }

  /** When the line took something last. */
  get takenAtMs(): number {
    return this.takenAt;
  }

  /** Resolves when it is not full, or closed. */
  async room(): Promise<void> {
    while (this.isFull) {
      this.moved ??= Promise.withResolvers();
      await this.moved.promise;
    }
  }

  /** Takes no more after `last`. What is there still leaves, unless the peer is slow: then `last` alone is kept. */
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

  /** Puts the next frame on the line; its group calls this. */
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

  /** A peer that does not read would hold all of it in memory until its connection ends. */
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

  /** Takes as many messages from the front as fit into one frame: one at least. */
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

/** Whether an error is ours and says that the message itself cannot travel. */
export function isUnsendable(error: unknown): error is SignalboxError {
  return error instanceof SignalboxError && (error.code === 'message_too_large' || error.code === 'bad_message');
}
