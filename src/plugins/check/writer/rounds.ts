/** Runs work at once and then at an interval, never concurrently. After a failure, it runs again after at most 30 s. */
export class Rounds implements AsyncDisposable {
  private readonly work: () => Promise<void>;
  private readonly everyMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;
  private last: Promise<void>;

  constructor(work: () => Promise<void>, everyMs: number) {
    this.work = work;
    this.everyMs = everyMs;
    this.last = this.round();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isEnded = true;
    clearTimeout(this.timer);
    await this.last;
  }

  private async round(): Promise<void> {
    const nextMs = await this.work().then(
      () => this.everyMs,
      () => Math.min(this.everyMs, 30_000),
    );
    if (this.isEnded) return;
    this.timer = setTimeout(() => {
      this.last = this.round();
    }, nextMs);
  }
}
