import { widthOf } from './text-width.ts';

/**
 * Wraps lines that are wider than the screen, between words. The rest of a row with columns (separated by two spaces)
 * is indented to its second column, the rest of another line by two spaces more than its start. A word that is too long
 * is not broken.
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
