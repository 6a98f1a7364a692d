/** Sends a heartbeat at an interval, and retries a failed one early. Heartbeats never overlap. */
export class Heartbeat implements Disposable {
  private readonly beat: () => Promise<void>;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isBeating = false;
  private isEnded = false;

  constructor(beat: () => Promise<void>, intervalMs: number) {
    this.beat = beat;
    this.intervalMs = intervalMs;
    this.wait(intervalMs);
  }

  /** Sends the next heartbeat after this delay. @param delayMs 0: in the next turn of the event loop */
  soon(delayMs = 0): void {
    if (!this.isBeating) this.wait(delayMs);
  }

  [Symbol.dispose](): void {
    this.isEnded = true;
    clearTimeout(this.timer);
  }

  private wait(delayMs: number): void {
    clearTimeout(this.timer);
    if (!this.isEnded) this.timer = setTimeout(() => void this.run(), delayMs);
  }

  private async run(): Promise<void> {
    this.isBeating = true;
    const wasHeard = await this.beat().then(
      () => true,
      () => false,
    );
    this.isBeating = false;
    this.wait(wasHeard ? this.intervalMs : Math.min(this.intervalMs, 500));
  }
}
