import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OutputBuffer } from '../../src/output-buffer.ts';

const bytes = (text: string) => Buffer.from(text);

function filled(maxBytes: number, ...chunks: string[]): OutputBuffer {
  const buffer = new OutputBuffer(maxBytes);
  for (const chunk of chunks) buffer.append(bytes(chunk));
  return buffer;
}

/** All from an offset on, read piece by piece as a sender does. */
function readOn(buffer: OutputBuffer, from: number, maxBytes: number): string {
  const pieces: Buffer[] = [];
  for (let offset = from; offset < buffer.end; offset += pieces.at(-1)?.length ?? 0) {
    const piece = buffer.read(offset, maxBytes);
    if (piece.length === 0 || piece.length > maxBytes) throw new Error(`a piece of ${piece.length} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

describe('within its bound', () => {
  test('a new one is empty and begins at 0', () => {
    const buffer = new OutputBuffer(8);
    expect([buffer.start, buffer.end, buffer.readAll().length, buffer.read(0, 8).length]).toStrictEqual([0, 0, 0, 0]);
  });

  test('what was appended is read back from any offset, in pieces of any size', () => {
    const buffer = filled(100, 'ab', 'cde', 'f');
    expect(buffer.readAll().toString()).toBe('abcdef');
    for (let from = 0; from <= 6; from += 1) {
      for (let size = 1; size <= 7; size += 1) expect(readOn(buffer, from, size)).toBe('abcdef'.slice(from));
    }
  });

  test('nothing appended changes nothing', () => {
    const buffer = filled(4, '', 'ab', '');
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([0, 2, 'ab']);
  });

  test('exactly as much as it may keep is kept', () => {
    const buffer = filled(6, 'abc', 'def');
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([0, 6, 'abcdef']);
  });

  test('reading at the end gives nothing', () => {
    expect(filled(6, 'abc').read(3, 10)).toHaveLength(0);
  });
});

describe('past its bound', () => {
  test('the oldest bytes go, and start says where it begins now', () => {
    const buffer = filled(5, 'abc', 'def', 'g');
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([2, 7, 'cdefg']);
  });

  test('one piece over the bound keeps its own end', () => {
    const buffer = filled(4, 'ab', 'cdefghij');
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([6, 10, 'ghij']);
  });
});

describe('dropping', () => {
  test.each([
    [0, 0, 'abcdef'],
    [2, 2, 'cdef'],
    [3, 3, 'def'],
    [6, 6, ''],
    [99, 6, ''],
  ])('before %i begins at %i', (offset, start, left) => {
    const buffer = filled(100, 'ab', 'cde', 'f');
    buffer.dropBefore(offset);
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([start, 6, left]);
  });

  test('what was dropped does not come back', () => {
    const buffer = filled(100, 'abc');
    buffer.dropBefore(2);
    buffer.dropBefore(1);
    buffer.append(bytes('d'));
    expect([buffer.start, buffer.end, buffer.readAll().toString()]).toStrictEqual([2, 4, 'cd']);
  });
});

describe('any run of appending, dropping and reading', () => {
  const action = fc.oneof(
    fc.record({ type: fc.constant('append' as const), data: fc.uint8Array({ maxLength: 24 }) }),
    fc.record({ type: fc.constant('drop' as const), share: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    fc.record({
      type: fc.constant('read' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      maxBytes: fc.integer({ min: 1, max: 30 }),
    }),
  );

  test('is what one long array with a start would do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(action, { maxLength: 60 }), (bound, actions) => {
        const buffer = new OutputBuffer(bound);
        const all: number[] = [];
        let start = 0;
        for (const step of actions) {
          if (step.type === 'append') {
            buffer.append(Buffer.from(step.data));
            all.push(...step.data);
            start = Math.max(start, all.length - bound);
          } else if (step.type === 'drop') {
            const offset = Math.round(start + step.share * (all.length - start));
            buffer.dropBefore(offset);
            start = Math.max(start, Math.min(offset, all.length));
          } else {
            const offset = Math.floor(start + step.share * (all.length - start));
            const piece = [...buffer.read(offset, step.maxBytes)];
            expect(piece).toStrictEqual(all.slice(offset, offset + piece.length));
            expect(piece.length).toBeLessThanOrEqual(step.maxBytes);
            expect(piece.length === 0).toBe(offset === all.length);
          }
          expect([buffer.start, buffer.end]).toStrictEqual([start, all.length]);
          expect([...buffer.readAll()]).toStrictEqual(all.slice(start));
        }
      }),
      { numRuns: 500 },
    );
  });
});
