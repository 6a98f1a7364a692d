import type { OutputPiece, Stream } from '../../index.ts';

/** As much as the client keeps of any job's output. */
const maxBytes = 1_048_576;

interface Kept {
  readonly stream: Stream;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The last output of a container that is gone: of each stream at most 1 MiB. */
export class KeptRest {
  /** Offsets after the last bytes. */
  readonly ends: Readonly<Record<Stream, number>>;
  private readonly pieces: readonly Kept[];

  private constructor(pieces: readonly Kept[], ends: Readonly<Record<Stream, number>>) {
    this.pieces = pieces;
    this.ends = ends;
  }

  /** Everything was taken. */
  static none(ends: Readonly<Record<Stream, number>>): KeptRest {
    return new KeptRest([], { ...ends });
  }

  /** Reads all of it, and keeps the end. */
  static async of(pieces: AsyncIterable<Kept>, from: Readonly<Record<Stream, number>>): Promise<KeptRest> {
    const kept: Kept[] = [];
    const ends = { ...from };
    const bytes = { stdout: 0, stderr: 0 };
    for await (const piece of pieces) {
      kept.push(piece);
      ends[piece.stream] = piece.offset + piece.data.length;
      bytes[piece.stream] += piece.data.length;
      while (bytes[piece.stream] > maxBytes) {
        const [oldest] = kept.splice(
          kept.findIndex(({ stream }) => stream === piece.stream),
          1,
        );
        bytes[piece.stream] -= oldest?.data.length ?? 0;
      }
    }
    return new KeptRest(kept, ends);
  }

  /** What follows these offsets; gaps where it is not here. */
  *output(from: Readonly<Record<Stream, number>>): Generator<OutputPiece> {
    const next = { ...from };
    for (const { stream, offset, data } of this.pieces) {
      if (offset > next[stream]) {
        yield { type: 'gap', stream, offset: next[stream], bytes: offset - next[stream] };
        next[stream] = offset;
      }
      const fresh = data.subarray(next[stream] - offset);
      if (fresh.length > 0) yield { type: 'data', stream, offset: next[stream], data: fresh };
      next[stream] = Math.max(next[stream], offset + data.length);
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const bytes = this.ends[stream] - next[stream];
      if (bytes > 0) yield { type: 'gap', stream, offset: next[stream], bytes };
    }
  }
}
