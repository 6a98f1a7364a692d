/** So many messages take a millisecond or less. */
const turnMessages = 64;
/** To decode so many bytes takes as long as a message does, at the worst: they may all be small values. */
const bytesOfMessage = 8_192;
/** What it costs to receive a frame, whatever is in it. */
const messagesOfFrame = 1 / 16;

/**
 * How much is read in one turn of the event loop: zeromq.js has no turns of its own while there is more to read. The
 * answers to a turn leave at its end, and timers have theirs.
 */
export class Turn {
  private read = 0;

  /** To be asked after each message: whether it was the last of its turn. */
  isOver(): boolean {
    return this.take(1);
  }

  /** To be asked when a frame of so many bytes has been decoded or discarded, before its messages. */
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
