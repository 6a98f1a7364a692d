import type { FromClient, FromServer } from '../../schemas/index.ts';
import { type Encoded, encodeFrame, encodeMessage } from './encode-frame.ts';

/**
 * What the outboxes of one socket share: one way to the end of the turn, for an immediate of each costs as much as what
 * it does, and the newest message and frame, for most of what many peers are sent in one turn is the same for all.
 */
export class OutboxGroup {
  private due: { flush(): void }[] = [];
  private newestMessage: { readonly message: object; readonly encoded: Encoded } | undefined;
  private newestFrame: { readonly batch: readonly Encoded[]; readonly frame: Buffer } | undefined;

  /** Flushes it when this turn of the event loop ends. */
  add(outbox: { flush(): void }): void {
    if (this.due.push(outbox) === 1) setImmediate(() => this.flush());
  }

  /** As `encodeMessage`. Nobody changes a message that has been sent. */
  encode(message: FromClient | FromServer): Encoded {
    if (this.newestMessage?.message !== message) this.newestMessage = { message, encoded: encodeMessage(message) };
    return this.newestMessage.encoded;
  }

  /** As `encodeFrame`. Nobody writes to a frame. */
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
