import type { OutputPiece, Stream } from '../../../index.ts';

type Data = Extract<OutputPiece, { type: 'data' }>;
type Ends = Readonly<Record<Stream, number>>;

/** Kept output: pieces of both streams, which may have gaps before them, and the end offsets of the streams. */
export interface KeptPieces {
  readonly pieces: readonly Data[];
  readonly ends: Ends;
}

/** Keeps at least this many of the newest bytes of each stream, both in order of arrival, and the end offset of each. */
export class OutputTail {
  private readonly maxBytes: number;
  private readonly pieces = { stdout: [] as Data[], stderr: [] as Data[] };
  private readonly places = new WeakMap<Data, number>();
  private readonly bytes = { stdout: 0, stderr: 0 };
  private readonly streamEnds: Record<Stream, number>;
  private added = 0;

  /** @param from expected offset of the first piece of each stream */
  constructor(maxBytes: number, from: Ends = { stdout: 0, stderr: 0 }) {
    this.maxBytes = maxBytes;
    this.streamEnds = { ...from };
  }

  /** Adds the next piece of a stream. */
  add(piece: OutputPiece): void {
    const { stream } = piece;
    this.streamEnds[stream] = piece.offset + (piece.type === 'gap' ? piece.bytes : piece.data.length);
    if (piece.type === 'gap' || piece.data.length === 0) return;
    const pieces = this.pieces[stream];
    pieces.push(piece);
    this.places.set(piece, this.added++);
    this.bytes[stream] += piece.data.length;
    while (pieces[0] && this.bytes[stream] - pieces[0].data.length >= this.maxBytes) {
      this.bytes[stream] -= pieces.shift()?.data.length ?? 0;
    }
  }

  get kept(): KeptPieces {
    const placeOf = (piece: Data) => this.places.get(piece) ?? 0;
    const pieces = [...this.pieces.stdout, ...this.pieces.stderr].sort((a, b) => placeOf(a) - placeOf(b));
    return { pieces, ends: { ...this.streamEnds } };
  }
}

const magic = Buffer.from('signalbox output 1\n');
const headBytes = 11;
const numbers = { stdout: 1, stderr: 2 } as const;

/** The format of a file: pieces with stream, offset and length, then an empty piece at the end of each stream. */
export function encodeTail({ pieces, ends }: KeptPieces): Buffer {
  const last = (['stdout', 'stderr'] as const).map((stream) => ({
    stream,
    offset: ends[stream],
    data: Buffer.alloc(0),
  }));
  const parts = [...pieces, ...last].flatMap(({ stream, offset, data }) => {
    const head = Buffer.alloc(headBytes);
    head.writeUInt8(numbers[stream], 0);
    head.writeUIntBE(offset, 1, 6);
    head.writeUInt32BE(data.length, 7);
    return [head, data];
  });
  return Buffer.concat([magic, ...parts]);
}

/** @returns undefined if the file has another format or is incomplete. */
export function decodeTail(bytes: Buffer): KeptPieces | undefined {
  if (!bytes.subarray(0, magic.length).equals(magic)) return undefined;
  const pieces: Data[] = [];
  const ends = { stdout: -1, stderr: -1 };
  for (let at = magic.length; at < bytes.length; ) {
    if (at + headBytes > bytes.length) return undefined;
    const stream = bytes[at] === numbers.stdout ? 'stdout' : 'stderr';
    const offset = bytes.readUIntBE(at + 1, 6);
    const from = at + headBytes;
    at = from + bytes.readUInt32BE(at + 7);
    if (at > bytes.length) return undefined;
    if (at === from) ends[stream] = offset;
    else pieces.push({ type: 'data', stream, offset, data: bytes.subarray(from, at) });
  }
  return ends.stdout < 0 || ends.stderr < 0 ? undefined : { pieces, ends };
}

/** Yields the parts of these pieces after `from`, with the gaps between them. */
export function* piecesFrom({ pieces, ends }: KeptPieces, from: Ends, maxBytes: number): Generator<OutputPiece> {
  const next = { ...from };
  const gapTo = function* (stream: Stream, offset: number): Generator<OutputPiece> {
    if (offset <= next[stream]) return;
    yield { type: 'gap', stream, offset: next[stream], bytes: offset - next[stream] };
    next[stream] = offset;
  };
  for (const { stream, offset, data } of pieces) {
    yield* gapTo(stream, offset);
    for (const end = offset + data.length; next[stream] < end; ) {
      const at = next[stream];
      const part = data.subarray(at - offset, at - offset + maxBytes);
      yield { type: 'data', stream, offset: at, data: part };
      next[stream] = at + part.length;
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) yield* gapTo(stream, ends[stream]);
}
