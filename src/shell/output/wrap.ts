import { widthOf } from './text-width.ts';

/**
 * Breaks lines between words where they are wider than the screen. What is broken goes on under the second column of
 * its row, where it has columns (two spaces between them), else a little further in than it began. A word that is too
 * long stays whole.
 */
export function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string[] {
  if (widthOf(line) <= columns) return [line];
  const own = /^ */.exec(line)?.[0].length ?? 0;
  const heading = /^ *\S.*? {2,}(?=\S)/.exec(line)?.[0].length;
  const hanging = ' '.repeat(heading !== undefined && heading <= columns / 2 ? heading : own + 2);
  const rows: string[] = [];
  let row = '';
  for (const [spaced, word = ''] of line.matchAll(/ *(\S+)/g)) {
    if (row === '' || widthOf(row) + widthOf(spaced) <= columns) row += spaced;
    else {
      rows.push(row);
      row = hanging + word;
    }
  }
  return [...rows, row];
}
