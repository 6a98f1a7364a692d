/**
 * The output of one stream of a job, kept from the offset that the server has up to the end, at most `maxBytes`. Past that
 * the oldest bytes go; a reader sees it by `start`, the offset of the first byte that is still there.
 */
export class OutputBuffer {
  private chunks: Buffer[] = [];
  private readonly maxBytes: number;
  start = 0;
  end = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that are kept. */
  get length(): number {
    return this.end - this.start;
  }

  append(data: Buffer): void {
    if (data.length === 0) return;
    this.chunks.push(data);
    this.end += data.length;
    this.dropBefore(this.end - this.maxBytes);
  }

  /** Forgets all before `offset`. */
  dropBefore(offset: number): void {
    while (this.start < Math.min(offset, this.end)) {
      const first = this.chunks[0];
      if (!first) return;
      const surplus = offset - this.start;
      if (first.length > surplus) this.chunks[0] = first.subarray(surplus);
      else this.chunks.shift();
      this.start += Math.min(first.length, surplus);
    }
  }

  /** All that is kept. */
  readAll(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Up to `maxBytes` from `offset`, in one piece of what is there; empty at the end. */
  read(offset: number, maxBytes: number): Buffer {
    let at = this.start;
    for (const chunk of this.chunks) {
      if (offset < at + chunk.length) return chunk.subarray(offset - at, offset - at + maxBytes);
      at += chunk.length;
    }
    return Buffer.alloc(0);
  }
}
