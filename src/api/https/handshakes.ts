/** Starts only a few handshakes in each turn of the event loop, so that many at once do not block other work. */
export class Handshakes {
  private readonly aTurn: number;
  private waiting: (() => void)[] = [];
  private isAwake = false;

  constructor(aTurn: number) {
    this.aTurn = aTurn;
  }

  add(begin: () => void): void {
    this.waiting.push(begin);
    this.wake();
  }

  private wake(): void {
    if (this.isAwake || this.waiting.length === 0) return;
    this.isAwake = true;
    setImmediate(() => {
      this.isAwake = false;
      for (const begin of this.waiting.splice(0, this.aTurn)) begin();
      this.wake();
    });
  }
}
