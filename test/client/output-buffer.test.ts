import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutputBuffer } from '../../src/output-buffer.ts';

const bytes = (text: string) => Buffer.from(text);

function filled(maxBytes: number, ...chunks: string[]): OutputBuffer {
  const buffer = new OutputBuffer(maxBytes);
  for (const chunk of chunks) buffer.append(bytes(chunk));
  return buffer;
}

/** Everything from an offset, read piece by piece as a sender does. */
function readOn(buffer: OutputBuffer, from: number, maxBytes: number): string {
  const pieces: Buffer[] = [];
  for (let offset = from; offset < buffer.end; offset += pieces.at(-1)?.length ?? 0) {
    const piece = buffer.read(offset, maxBytes)?.data ?? Buffer.of();
    if (piece.length === 0 || piece.length > maxBytes) throw new Error(`a piece of ${piece.length} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** Everything that is kept, whatever is missing. */
function all(buffer: OutputBuffer): string {
  let text = '';
  for (let piece = buffer.read(0, 1_000); piece; piece = buffer.read(piece.offset + piece.data.length, 1_000)) {
    text += piece.data;
  }
  return text;
}

describe('within its limit', () => {
  test('a new buffer is empty and starts at 0', () => {
    const buffer = new OutputBuffer(8);
    expect([buffer.start, buffer.end, buffer.length, buffer.read(0, 8)]).toStrictEqual([0, 0, 0, undefined]);
  });

  test('appended bytes can be read from any offset, in pieces of any size', () => {
    const buffer = filled(100, 'ab', 'cde', 'f');
    expect(all(buffer)).toBe('abcdef');
    for (let from = 0; from <= 6; from += 1) {
      for (let size = 1; size <= 7; size += 1) expect(readOn(buffer, from, size)).toBe('abcdef'.slice(from));
    }
  });

  test('appending nothing changes nothing', () => {
    const buffer = filled(4, '', 'ab', '');
    expect([buffer.start, buffer.end, all(buffer)]).toStrictEqual([0, 2, 'ab']);
  });

  test('a buffer keeps exactly as much as its limit', () => {
    const buffer = filled(6, 'abc', 'def');
    expect([buffer.start, buffer.end, all(buffer)]).toStrictEqual([0, 6, 'abcdef']);
  });

  test('reading at the end returns nothing', () => {
    expect(filled(6, 'abc').read(3, 10)).toBeUndefined();
  });
});

describe('over its limit', () => {
  test('the oldest bytes are dropped, and start is the new beginning', () => {
    const buffer = filled(5, 'abc', 'def', 'g');
    expect([buffer.start, buffer.end, all(buffer)]).toStrictEqual([2, 7, 'cdefg']);
  });

  test('a piece over the limit keeps its own end', () => {
    const buffer = filled(4, 'ab', 'cdefghij');
    expect([buffer.start, buffer.end, all(buffer)]).toStrictEqual([6, 10, 'ghij']);
  });
});

describe('with bytes missing', () => {
  test('a reader before them gets the next bytes, at their own offset', () => {
    const buffer = filled(100, 'abc');
    buffer.append(bytes('xyz'), 10);
    expect([buffer.length, buffer.end]).toStrictEqual([6, 13]);
    expect(buffer.read(1, 10)).toStrictEqual({ offset: 1, data: bytes('bc') });
    expect(buffer.read(3, 10)).toStrictEqual({ offset: 10, data: bytes('xyz') });
    expect(buffer.read(12, 10)).toStrictEqual({ offset: 12, data: bytes('z') });
  });

  test('the limit counts the bytes that are there', () => {
    const buffer = filled(4, 'abc');
    buffer.append(bytes('xyz'), 1_000);
    expect([buffer.start, buffer.length, all(buffer)]).toStrictEqual([2, 4, 'cxyz']);
  });
});

describe('any sequence of appending and reading', () => {
  const action = fc.oneof(
    fc.record({ type: fc.constant('append' as const), data: fc.uint8Array({ maxLength: 24 }) }),
    fc.record({
      type: fc.constant('read' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      maxBytes: fc.integer({ min: 1, max: 30 }),
    }),
  );

  test('gives the same as one long array with a start', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(action, { maxLength: 60 }), (bound, actions) => {
        const buffer = new OutputBuffer(bound);
        const given: number[] = [];
        let start = 0;
        for (const step of actions) {
          if (step.type === 'append') {
            buffer.append(Buffer.from(step.data));
            given.push(...step.data);
            start = Math.max(start, given.length - bound);
          } else {
            const offset = Math.floor(start + step.share * (given.length - start));
            const piece = [...(buffer.read(offset, step.maxBytes)?.data ?? [])];
            expect(piece).toStrictEqual(given.slice(offset, offset + piece.length));
            expect(piece.length).toBeLessThanOrEqual(step.maxBytes);
            expect(piece.length === 0).toBe(offset === given.length);
          }
          expect([buffer.start, buffer.end]).toStrictEqual([start, given.length]);
          expect(buffer.length).toBe(given.length - start);
        }
      }),
      { numRuns: 500 },
    );
  });
});
