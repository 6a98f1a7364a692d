import type { Socket } from 'node:net';

/** `up`: from clients to the server. */
export type Direction = 'up' | 'down';

/** One direction of a connection: forwards, holds back while frozen, or discards once dropped. */
export class Pipe {
  private readonly source: Socket;
  private readonly target: Socket;
  private readonly look: (chunk: Buffer) => number | undefined;
  private readonly delayMs: () => number;
  private readonly queue: { chunk: Buffer; dueMs: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private frozen = false;
  /** Nothing passes after a cut. */
  private dropped = false;

  /** @param look sees each chunk before it passes; it returns how many bytes may still pass. */
  constructor(source: Socket, target: Socket, look: (chunk: Buffer) => number | undefined, delayMs: () => number) {
    this.source = source;
    this.target = target;
    this.look = look;
    this.delayMs = delayMs;
    source.on('data', (chunk: Buffer) => {
      if (this.dropped) return;
      this.queue.push({ chunk, dueMs: performance.now() + this.delayMs() });
      this.flush();
    });
    target.on('drain', () => this.flow());
    source.once('close', () => clearTimeout(this.timer));
  }

  freeze(frozen: boolean): void {
    this.frozen = frozen;
    this.flow();
    this.flush();
  }

  /** Reads on, so that the source notices nothing, and forwards no more. */
  drop(): void {
    this.dropped = true;
    this.queue.length = 0;
    clearTimeout(this.timer);
    this.source.resume();
  }

  private flow(): void {
    if (this.frozen && !this.dropped) this.source.pause();
    else this.source.resume();
  }

  private flush(): void {
    clearTimeout(this.timer);
    for (let next = this.queue[0]; next && !this.frozen && !this.dropped; next = this.queue[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.flush(), Math.ceil(waitMs));
        return;
      }
      this.queue.shift();
      const passing = this.look(next.chunk);
      if (passing !== undefined) this.dropped = true;
      const chunk = passing === undefined ? next.chunk : next.chunk.subarray(0, passing);
      if (chunk.length > 0 && !this.target.write(chunk)) this.source.pause();
    }
  }
}
