import type { Stream } from '../schemas/index.ts';
import { OutputBuffer, type Piece } from './output-buffer.ts';
import { OutputOrder } from './process/output-order.ts';

/** A piece of either stream, and the place at which to look for the next one. */
export interface OrderedPiece extends Piece {
  readonly stream: Stream;
  readonly place: number;
}

/** Output of one stream, uninterrupted by the other stream. */
export interface OutputRun {
  readonly stream: Stream;
  /** Offset of the first byte of `data` in its stream. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The newest output of a job in order of arrival: at most `maxBytes` of each stream. */
export class KeptOutput {
  private readonly maxBytes: number;
  private readonly order = new OutputOrder();
  private readonly buffers: Partial<Record<Stream, OutputBuffer>> = {};

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Number of retained bytes. */
  get length(): number {
    return (this.buffers.stdout?.length ?? 0) + (this.buffers.stderr?.length ?? 0);
  }

  /** Offset after the last byte. */
  end(stream: Stream): number {
    return this.buffers[stream]?.end ?? 0;
  }

  append(stream: Stream, data: Buffer, offset = this.end(stream)): void {
    if (data.length === 0) return;
    this.buffers[stream] ??= new OutputBuffer(this.maxBytes);
    this.buffers[stream].append(data, offset);
    this.order.add(stream, offset + data.length);
  }

  /** Returns the first retained bytes after `offsets`, at most `maxBytes`. */
  next(offsets: Readonly<Record<Stream, number>>, place: number, maxBytes: number): OrderedPiece | undefined {
    for (let run = this.order.next(offsets, place); run; run = this.order.next(offsets, run.place + 1)) {
      const { stream, to } = run;
      const piece = this.buffers[stream]?.read(offsets[stream], maxBytes);
      // This run may already be dropped.
      if (!piece || piece.offset >= to) continue;
      return { ...piece, data: piece.data.subarray(0, to - piece.offset), stream, place: run.place };
    }
    return undefined;
  }

  /** Returns all retained output from the start. Consecutive bytes of the same stream are one piece. */
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
