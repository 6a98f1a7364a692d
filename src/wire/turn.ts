/** This number of messages takes at most about a millisecond. */
const turnMessages = 64;
/** Decoding this number of bytes takes at worst as long as handling a message: they may all be small values. */
const bytesOfMessage = 8_192;
/** The cost of receiving a frame, regardless of its contents. */
const messagesOfFrame = 1 / 16;

/**
 * Limits what is read in one turn of the event loop: zeromq.js does not yield while there is more to read. Replies are
 * sent at the end of a turn, and timers run between turns.
 */
export class Turn {
  private read = 0;

  /** Call after each message: whether the turn is over. */
  isOver(): boolean {
    return this.take(1);
  }

  /**
   * Call when a frame of this number of bytes was decoded or discarded, before its messages: whether the turn is over.
   */
  isOverAfter(bytes: number): boolean {
    return this.take(messagesOfFrame + bytes / bytesOfMessage);
  }

  private take(messages: number): boolean {
    this.read += messages;
    if (this.read < turnMessages) return false;
    this.read = 0;
    return true;
  }
}
