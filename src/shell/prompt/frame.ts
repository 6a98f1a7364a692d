import { heightOf } from './scrolled-rows.ts';

/** The bottom of the screen: rows that each fit into its width, and the position of the cursor. */
export interface Frame {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

export const noFrame: Frame = { rows: [], cursorRow: 0, cursorColumn: 0 };

/** Handles rows that wrap: a frame that waited for a write may have been made for a screen that has shrunk since. */
export function draw(frame: Frame, columns: number): string {
  const { rows } = frame;
  if (rows.length === 0) return '';
  const { row, column } = cursorAt(frame, columns);
  const right = column > 0 ? `\x1b[${column}C` : '';
  return `${rows.join('\r\n')}${cursorUp(heightOfAll(rows, columns) - 1 - row)}\r${right}`;
}

/** Position of the cursor of a frame, from its first row, on a screen that may have wrapped its rows. */
export function cursorAt({ rows, cursorRow, cursorColumn }: Frame, columns: number): { row: number; column: number } {
  const wrapped = Math.min(Math.floor(cursorColumn / columns), heightOf(rows[cursorRow] ?? '', columns) - 1);
  return { row: heightOfAll(rows.slice(0, cursorRow), columns) + wrapped, column: cursorColumn - wrapped * columns };
}

export const heightOfAll = (rows: readonly string[], columns: number): number =>
  rows.reduce((sum, row) => sum + heightOf(row, columns), 0);

export const cursorUp = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : '');
