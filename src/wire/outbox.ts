import { type FromClient, type FromServer, limits, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { systemCode } from '../process/system-error.ts';
import { type Encoded, maxFrameHeadBytes } from './codec.ts';
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

const retryMs = 5;

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
    return this.waiting.length;
  }

  /** More is due than a peer that reads is ever owed. */
  get isFull(): boolean {
    return this.waiting.length >= limits.maxDueMessages || this.waitingBytes >= limits.maxDueBytes;
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

  /** Takes no more; what is there still leaves. */
  end(): void {
    this.ended = true;
  }

  close(): void {
    this.closed = true;
    this.waiting.length = 0;
    this.waitingBytes = 0;
    clearTimeout(this.timer);
    this.moved?.resolve();
  }

  /** Puts the next frame on the line; its group calls this. */
  flush(): void {
    this.line.turnEnds?.();
    if (this.closed || this.waiting.length === 0) {
      this.busy = false;
      return;
    }
    const batch = this.nextBatch();
    this.line.send(this.group.frameOf(batch)).then(
      () => this.sent(),
      (error: unknown) => this.failed(batch, error),
    );
  }

  private sent(): void {
    this.busy = false;
    this.takenAt = monotonicMs();
    this.moved?.resolve();
    this.moved = undefined;
    if (this.waiting.length > 0) this.wake();
  }

  private failed(batch: readonly Encoded[], error: unknown): void {
    if (this.closed) return;
    if (systemCode(error) === 'EAGAIN') {
      this.waiting.unshift(...batch);
      for (const { length } of batch) this.waitingBytes += length;
      this.timer = setTimeout(() => this.flush(), retryMs);
      return;
    }
    this.close();
    this.line.gone();
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
