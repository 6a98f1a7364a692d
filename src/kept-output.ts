import type { Stream } from '../schemas/index.ts';
import { OutputBuffer, type Piece } from './output-buffer.ts';
import { OutputOrder } from './process/output-order.ts';

/** A piece of either stream, and where to look for the next one. */
export interface OrderedPiece extends Piece {
  readonly stream: Stream;
  readonly place: number;
}

/** Output of one stream, until the other says something. */
export interface OutputRun {
  readonly stream: Stream;
  /** Of the first byte of `data` in its stream. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The newest output of a job, in the order in which it came: of each stream at most `maxBytes`. */
export class KeptOutput {
  private readonly maxBytes: number;
  private readonly order = new OutputOrder();
  private readonly buffers: Partial<Record<Stream, OutputBuffer>> = {};

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes that are kept. */
  get length(): number {
    return (this.buffers.stdout?.length ?? 0) + (this.buffers.stderr?.length ?? 0);
  }

  /** Offset behind the last byte. */
  end(stream: Stream): number {
    return this.buffers[stream]?.end ?? 0;
  }

  append(stream: Stream, data: Buffer, offset = this.end(stream)): void {
    if (data.length === 0) return;
    this.buffers[stream] ??= new OutputBuffer(this.maxBytes);
    this.buffers[stream].append(data, offset);
    this.order.add(stream, offset + data.length);
  }

  /** The first bytes past `offsets` that are kept, at most `maxBytes`. */
  next(offsets: Readonly<Record<Stream, number>>, place: number, maxBytes: number): OrderedPiece | undefined {
    for (let run = this.order.next(offsets, place); run; run = this.order.next(offsets, run.place + 1)) {
      const { stream, to } = run;
      const piece = this.buffers[stream]?.read(offsets[stream], maxBytes);
      // All of this run may be gone already.
      if (!piece || piece.offset >= to) continue;
      return { ...piece, data: piece.data.subarray(0, to - piece.offset), stream, place: run.place };
    }
    return undefined;
  }

  /** All that is kept, from the start: bytes of one stream that follow one another are one piece. */
  all(): OutputRun[] {
    const runs: { stream: Stream; offset: number; data: Buffer[] }[] = [];
    const offsets = { stdout: 0, stderr: 0 };
    for (let place = 0; ; ) {
      const piece = this.next(offsets, place, this.maxBytes);
      if (!piece) break;
      const { stream, offset, data } = piece;
      const last = runs.at(-1);
      if (last?.stream === stream && offsets[stream] === offset) last.data.push(data);
      else runs.push({ stream, offset, data: [data] });
      offsets[stream] = offset + data.length;
      place = piece.place;
    }
    return runs.map((run) => ({ ...run, data: Buffer.concat(run.data) }));
  }
}
