/** Bytes of one stream at an offset. Bytes between two pieces may be missing. */
export interface Piece {
  readonly offset: number;
  readonly data: Buffer;
}

/** The newest output of one stream of a job. Beyond `maxBytes` the oldest bytes are dropped. */
export class OutputBuffer {
  private readonly pieces: Piece[] = [];
  /** Number of dropped pieces at the front. */
  private gone = 0;
  private readonly maxBytes: number;
  /** Number of retained bytes. */
  length = 0;
  /** Offset after the last byte. */
  end = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Offset of the first retained byte. */
  get start(): number {
    return this.pieces[this.gone]?.offset ?? this.end;
  }

  append(data: Buffer, offset = this.end): void {
    if (data.length === 0) return;
    this.pieces.push({ offset, data });
    this.length += data.length;
    this.end = offset + data.length;
    while (this.length > this.maxBytes) this.dropSome(this.length - this.maxBytes);
  }

  /** Returns the first bytes at or after `offset`, at most `maxBytes`; undefined at the end. */
  read(offset: number, maxBytes: number): Piece | undefined {
    let low = this.gone;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (endOf(this.pieces[middle]) > offset) high = middle;
      else low = middle + 1;
    }
    const found = this.pieces[low];
    if (!found) return undefined;
    const from = Math.max(offset, found.offset);
    return { offset: from, data: found.data.subarray(from - found.offset, from - found.offset + maxBytes) };
  }

  private dropSome(bytes: number): void {
    const first = this.pieces[this.gone];
    if (!first) return;
    if (first.data.length > bytes) {
      this.pieces[this.gone] = { offset: first.offset + bytes, data: first.data.subarray(bytes) };
      this.length -= bytes;
      return;
    }
    this.length -= first.data.length;
    // Release the bytes now: the array is shortened later.
    this.pieces[this.gone] = nothing;
    this.gone += 1;
    if (this.gone < 1_024 || this.gone < this.pieces.length / 2) return;
    this.pieces.splice(0, this.gone);
    this.gone = 0;
  }
}

const nothing: Piece = { offset: 0, data: Buffer.alloc(0) };

const endOf = (piece: Piece | undefined): number => (piece ? piece.offset + piece.data.length : 0);
