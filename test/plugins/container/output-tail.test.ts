import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutputPiece, Stream } from '../../../src/index.ts';
import { decodeTail, encodeTail, OutputTail, piecesFrom } from '../../../src/plugins/container/log/output-tail.ts';

const piecesOf = (writes: readonly (readonly [Stream, Uint8Array])[]): OutputPiece[] => {
  const offsets = { stdout: 0, stderr: 0 };
  return writes.map(([stream, data]) => {
    const offset = offsets[stream];
    offsets[stream] += data.length;
    return { type: 'data', stream, offset, data };
  });
};
const bytesOf = (pieces: Iterable<OutputPiece>, stream: Stream) =>
  Buffer.concat([...pieces].flatMap((one) => (one.type === 'data' && one.stream === stream ? [one.data] : [])));
const stored = (pieces: readonly OutputPiece[], maxBytes: number) => {
  const tail = new OutputTail(maxBytes);
  for (const piece of pieces) tail.add(piece);
  const decoded = decodeTail(encodeTail(tail.kept));
  if (!decoded) throw new Error('it cannot be read back');
  return decoded;
};
const writes = fc.array(
  fc.tuple(fc.constantFrom<Stream>('stdout', 'stderr'), fc.uint8Array({ minLength: 1, maxLength: 40 })),
);

test('a tail that is long enough is all of the output, from any offset, in pieces of any size', () => {
  fc.assert(
    fc.property(writes, fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 50 }), (made, stdout, stderr, maxBytes) => {
      const pieces = piecesOf(made);
      const tail = stored(pieces, 10_000);
      const from = { stdout: Math.min(stdout, tail.ends.stdout), stderr: Math.min(stderr, tail.ends.stderr) };
      const read = [...piecesFrom(tail, from, maxBytes)];
      for (const stream of ['stdout', 'stderr'] as const) {
        expect(bytesOf(read, stream)).toEqual(bytesOf(pieces, stream).subarray(from[stream]));
      }
      expect(read.every((piece) => piece.type === 'data' && piece.data.length <= maxBytes)).toBe(true);
    }),
  );
});

test('a short one has the last bytes of each stream, and says how much is missing before them', () => {
  fc.assert(
    fc.property(writes, fc.integer({ min: 1, max: 60 }), (made, maxBytes) => {
      const pieces = piecesOf(made);
      const read = [...piecesFrom(stored(pieces, maxBytes), { stdout: 0, stderr: 0 }, 1_000)];
      for (const stream of ['stdout', 'stderr'] as const) {
        const whole = bytesOf(pieces, stream);
        const kept = bytesOf(read, stream);
        const gaps = read.flatMap((piece) => (piece.type === 'gap' && piece.stream === stream ? [piece.bytes] : []));
        expect(kept.equals(whole.subarray(whole.length - kept.length))).toBe(true);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(whole.length, maxBytes));
        expect(gaps).toEqual(whole.length > kept.length ? [whole.length - kept.length] : []);
      }
    }),
  );
});

test('both streams keep their order of arrival', () => {
  const pieces = piecesOf([
    ['stdout', Buffer.from('a')],
    ['stderr', Buffer.from('b')],
    ['stdout', Buffer.from('c')],
  ]);
  const read = [...piecesFrom(stored(pieces, 10), { stdout: 0, stderr: 0 }, 10)];
  expect(read.map((piece) => piece.type === 'data' && Buffer.from(piece.data).toString())).toEqual(['a', 'b', 'c']);
});

test('an incomplete file, and another file, are not read', () => {
  const tail = new OutputTail(10);
  tail.add({ type: 'data', stream: 'stdout', offset: 0, data: Buffer.from('abc') });
  const whole = encodeTail(tail.kept);
  for (let length = 0; length < whole.length; length++) expect(decodeTail(whole.subarray(0, length))).toBeUndefined();
  expect(decodeTail(Buffer.from('{"version":1}'))).toBeUndefined();
});
