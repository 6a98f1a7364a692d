import type { FromClient, FromServer } from '../../schemas/index.ts';
import { type Encoded, encodeFrame, encodeMessage } from './encode-frame.ts';

/**
 * Shared by the outboxes of one socket. They use one immediate at the end of the turn, because one for each would cost as
 * much as the work itself. They also share the newest message and frame, because most of what many peers receive in one
 * turn is identical.
 */
export class OutboxGroup {
  private due: { flush(): void }[] = [];
  private newestMessage: { readonly message: object; readonly encoded: Encoded } | undefined;
  private newestFrame: { readonly batch: readonly Encoded[]; readonly frame: Buffer } | undefined;

  /** Flushes the outbox when this turn of the event loop ends. */
  add(outbox: { flush(): void }): void {
    if (this.due.push(outbox) === 1) setImmediate(() => this.flush());
  }

  /** Like `encodeMessage`, with a cache. Callers must not change a message after sending it. */
  encode(message: FromClient | FromServer): Encoded {
    if (this.newestMessage?.message !== message) this.newestMessage = { message, encoded: encodeMessage(message) };
    return this.newestMessage.encoded;
  }

  /** Like `encodeFrame`, with a cache. Callers must not modify the frame. */
  frameOf(batch: readonly Encoded[]): Buffer {
    if (!this.newestFrame || !isSame(this.newestFrame.batch, batch)) {
      this.newestFrame = { batch, frame: encodeFrame(batch) };
    }
    return this.newestFrame.frame;
  }

  private flush(): void {
    const { due } = this;
    this.due = [];
    for (const outbox of due) outbox.flush();
    this.newestMessage = undefined;
    this.newestFrame = undefined;
  }
}

const isSame = (one: readonly Encoded[], other: readonly Encoded[]): boolean =>
  one.length === other.length && one.every((encoded, at) => encoded === other[at]);
