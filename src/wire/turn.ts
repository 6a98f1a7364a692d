/** So many messages take a millisecond or less. */
const turnMessages = 64;

/**
 * How much is read in one turn of the event loop: zeromq.js has no turns of its own while there is more to read. The answers to
 * a turn leave at its end, and timers have theirs.
 */
export class Turn {
  private read = 0;

  /** To be asked after each message: whether it was the last of its turn. */
  isOver(): boolean {
    this.read += 1;
    if (this.read < turnMessages) return false;
    this.read = 0;
    return true;
  }
}
