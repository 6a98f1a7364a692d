/**
 * A queue of lines for a slow or full destination. One write is under way at a time; later lines wait for the next.
 * What cannot be written is kept and retried with each new line, so no line is ever cut. Lines over the bound are lost
 * and counted; the count is reported once the queue is empty.
 */
export class BoundedLines {
  private readonly put: (bytes: Buffer) => Promise<number>;
  private readonly maxWaitingBytes: number;
  private readonly onFailure: (error: Error) => void;
  private readonly onLost: (count: number) => void;
  private waiting: string[] = [];
  private waitingBytes = 0;
  /** Unwritten remainder of the current chunk. */
  private chunk: Buffer = Buffer.alloc(0);
  private lost = 0;
  private hasFailed = false;
  private writing: Promise<void> | undefined;

  constructor(options: {
    /** Writes all of it or a part. @returns the number of bytes written. */
    put: (bytes: Buffer) => Promise<number>;
    maxWaitingBytes: number;
    /** Called once, when a write fails. */
    onFailure: (error: Error) => void;
    onLost: (count: number) => void;
  }) {
    this.put = options.put;
    this.maxWaitingBytes = options.maxWaitingBytes;
    this.onFailure = options.onFailure;
    this.onLost = options.onLost;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.waitingBytes + this.chunk.length + bytes > this.maxWaitingBytes) this.lost += 1;
    else {
      this.waiting.push(line);
      this.waitingBytes += bytes;
    }
    void this.flush();
  }

  /** Resolves when everything has been written, or a write has failed. */
  flush(): Promise<void> {
    if (this.chunk.length === 0 && this.waiting.length === 0) return Promise.resolve();
    this.writing ??= this.writeAll();
    return this.writing;
  }

  private async writeAll(): Promise<void> {
    try {
      while (this.chunk.length > 0 || this.waiting.length > 0) {
        if (this.chunk.length === 0) this.takeWaiting();
        const written = await this.put(this.chunk);
        this.chunk = this.chunk.subarray(written);
        if (this.chunk.length === 0 && this.waiting.length === 0) this.tellLost();
      }
    } catch (error) {
      this.failed(error);
    } finally {
      // Cleared in the same turn as the last check, so that a later line starts a new write.
      this.writing = undefined;
    }
  }

  private takeWaiting(): void {
    this.chunk = Buffer.from(this.waiting.join(''));
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private tellLost(): void {
    const { lost } = this;
    this.lost = 0;
    if (lost > 0) this.onLost(lost);
  }

  private failed(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.onFailure(error instanceof Error ? error : new Error(String(error)));
  }
}
