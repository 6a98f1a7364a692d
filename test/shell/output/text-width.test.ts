import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clip, widthOf, windowOf } from '../../../src/shell/output/text-width.ts';

test.each([
  ['abc', 10, 'abc'],
  ['abcdef', 4, 'abc…'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['👍👍', 3, '👍…'],
  ['\u001b[31mred and more\u001b[0m', 6, '\u001b[31mred a…\u001b[0m'],
  ['abc', 0, ''],
])('%j in %i columns is %j', (text, columns, clipped) => {
  expect(clip(text, columns)).toBe(clipped);
  expect(widthOf(clip(text, columns))).toBeLessThanOrEqual(columns);
});

test('a clipped text and a window are not too wide and not much narrower, for any characters', () => {
  const unit = fc.constantFrom(
    'a',
    ' ',
    '░',
    '█',
    '日',
    '👍',
    'é',
    '\u0301',
    '…',
    '1',
    '\u001b[36m',
    '\u001b[39m',
    '✓',
    '한',
  );
  fc.assert(
    fc.property(fc.string({ unit }), fc.integer({ min: 1, max: 60 }), fc.nat(40), (text, columns, at) => {
      const clipped = widthOf(clip(text, columns));
      expect(clipped).toBeLessThanOrEqual(columns);
      expect(clipped).toBeGreaterThanOrEqual(Math.min(widthOf(text), columns - 2));
      const line = text.replaceAll('\u001b', '');
      const shown = windowOf(line, Math.min(at, line.length), columns);
      expect(widthOf(shown.text)).toBeLessThanOrEqual(columns);
      expect(shown.column).toBeLessThanOrEqual(columns);
    }),
  );
});

test.each<[line: string, cursor: number, columns: number, text: string, column: number]>([
  ['ping', 4, 10, 'ping', 4],
  ['ping', 0, 10, 'ping', 0],
  ['0123456789', 10, 6, '56789', 5],
  ['0123456789', 0, 6, '012345', 0],
  ['0123456789', 7, 6, '234567', 5],
  ['日本語', 3, 5, '本語', 4],
  ['a👍b', 3, 10, 'a👍b', 3],
])(
  'of %j with the cursor at %i, %i columns show %j, the cursor in column %i',
  (line, cursor, columns, text, column) => {
    expect(windowOf(line, cursor, columns)).toEqual({ text, column });
  },
);
