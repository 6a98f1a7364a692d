import { printable } from '../../host/printable.ts';
import type { Table } from '../../plugin/builtin-output.ts';
import { clip, widthOf } from './text-width.ts';
import { wrap } from './wrap.ts';

/** Minimum width of a column that shrinks. */
const minShrunk = 12;
const gap = '  ';

/**
 * Formats a table as lines no wider than the screen: first it shortens columns that shrink, then it omits columns from
 * the right and names them.
 * @param screen width in columns; undefined for no limit.
 */
export function tableLines<Row extends object>({ rows, columns }: Table<Row>, screen?: number): string[] {
  const all = columns.map(({ heading, cell, shrinks = false }) => {
    const cells = [heading, ...rows.map((row) => printable(cell(row)))];
    return { heading, cells, shrinks, width: Math.max(...cells.map(widthOf)) };
  });
  const room = screen ?? Number.POSITIVE_INFINITY;
  const least = ({ width, shrinks }: (typeof all)[number]) => (shrinks ? Math.min(width, minShrunk) : width);
  let shown = all;
  while (shown.length > 1 && sum(shown.map(least)) + gap.length * (shown.length - 1) > room) shown = shown.slice(0, -1);
  let surplus = sum(shown.map(({ width }) => width)) + gap.length * (shown.length - 1) - room;
  const widths = shown.map((column) => {
    const less = Math.max(0, Math.min(surplus, column.width - least(column)));
    surplus -= less;
    return column.width - less;
  });
  const lines = [undefined, ...rows].map((_, at) => {
    const line = shown.map(({ cells }, column) =>
      padded(clip(cells[at] ?? '', widths[column] ?? 0), widths[column] ?? 0),
    );
    return clip(line.join(gap).trimEnd(), room);
  });
  const hidden = all.slice(shown.length).map(({ heading }) => heading);
  return hidden.length === 0
    ? lines
    : [...lines, ...wrap(`… a wider screen shows ${hidden.join(', ')}`, room).split('\n')];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
