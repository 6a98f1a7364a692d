/**
 * Lines on their way to something that may be slow, or full. One write is under way at a time; what comes meanwhile waits for
 * the next. What cannot be written stays, and is tried again with each line that comes, so that no line is ever half. Lines over
 * the bound are lost, and how many is told when nothing waits any more.
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
    /** Writes some of it, or all. @returns how many bytes. */
    put: (bytes: Buffer) => Promise<number>;
    maxWaitingBytes: number;
    /** Is told, once, when something could not be written. */
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

  /** Resolves when all has been written, or cannot be. */
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
      // In the turn of the last look: what comes after it begins anew.
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
