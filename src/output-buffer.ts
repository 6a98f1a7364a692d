/** Bytes of one stream, by offset. A reader may find that some are missing between two pieces. */
export interface Piece {
  readonly offset: number;
  readonly data: Buffer;
}

/** The newest output of one stream of a job, at most `maxBytes`: past that the oldest bytes go. */
export class OutputBuffer {
  private readonly pieces: Piece[] = [];
  /** How many at the front are gone. */
  private gone = 0;
  private readonly maxBytes: number;
  /** Bytes that are kept. */
  length = 0;
  /** Offset behind the last byte. */
  end = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Offset of the first byte that is kept. */
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

  /** The first bytes at or after `offset`, at most `maxBytes`; undefined at the end. */
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
    // Until the array is cut it must not keep the bytes.
    this.pieces[this.gone] = nothing;
    this.gone += 1;
    if (this.gone < 1_024 || this.gone < this.pieces.length / 2) return;
    this.pieces.splice(0, this.gone);
    this.gone = 0;
  }
}

const nothing: Piece = { offset: 0, data: Buffer.alloc(0) };

const endOf = (piece: Piece | undefined): number => (piece ? piece.offset + piece.data.length : 0);
