import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableLines } from '../../../src/shell/output/table-lines.ts';
import { widthOf } from '../../../src/shell/output/text-width.ts';

interface Row {
  readonly name: string;
  readonly what: string;
  readonly where: string;
}

const table = (rows: readonly Row[]) => ({
  type: 'row',
  rows,
  columns: [
    { heading: 'NAME', cell: ({ name }: Row) => name },
    { heading: 'WHAT', cell: ({ what }: Row) => what, shrinks: true },
    { heading: 'WHERE', cell: ({ where }: Row) => where },
  ],
  empty: 'none',
});

const rows: readonly Row[] = [
  { name: 'w1', what: 'calculate 1 "a message of many words"', where: 'host:4711' },
  { name: 'w10', what: 'ping', where: 'other:7' },
];

describe('a table', () => {
  test('has a line for each row, in columns', () => {
    expect(tableLines(table(rows))).toEqual([
      'NAME  WHAT                                   WHERE',
      'w1    calculate 1 "a message of many words"  host:4711',
      'w10   ping                                   other:7',
    ]);
  });

  test('on a narrow screen shortens first the columns that may be shortened', () => {
    expect(tableLines(table(rows), 40)).toEqual([
      'NAME  WHAT                     WHERE',
      'w1    calculate 1 "a message…  host:4711',
      'w10   ping                     other:7',
    ]);
  });

  test('then leaves columns out, and names them', () => {
    expect(tableLines(table(rows), 24)).toEqual([
      'NAME  WHAT',
      'w1    calculate 1 "a me…',
      'w10   ping',
      '… a wider screen shows',
      '  WHERE',
    ]);
  });

  test('shows control characters as escapes', () => {
    expect(tableLines(table([{ name: '\u001b[2J\u009b', what: '', where: '' }]))[1]).toMatch(/^\\x1b\[2J\\x9b/);
  });

  test('is never wider than the screen, and its columns are aligned', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '日', '👍', '░', '1', '\u0007'), maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: text, what: text, where: text })),
        fc.integer({ min: 10, max: 120 }),
        (some, screen) => {
          const lines = tableLines(table(some), screen);
          expect(lines.length).toBeGreaterThan(some.length);
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(screen);
        },
      ),
    );
  });
});
