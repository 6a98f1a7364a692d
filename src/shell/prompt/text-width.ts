import truncatedWidth from 'fast-string-truncated-width';

/** How many columns of a terminal a text takes; escape sequences take none. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** As much of a text as fits into so many columns; where that is not all, it ends with an ellipsis. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return '';
  const { index, ellipsed } = truncatedWidth(text, { limit: columns, ellipsis: '…', ellipsisWidth: 1 });
  if (!ellipsed && index >= text.length) return text;
  // Colours that were begun end with the text.
  const cut = text.slice(0, index);
  return `${cut}…${cut.includes('\x1b[') ? '\x1b[0m' : ''}`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The part of a line that is shown in so many columns, sideways so far that the cursor is in it.
 * @param cursor in UTF-16 units.
 * @returns the part, and the column of the cursor in it.
 */
export function windowOf(line: string, cursor: number, columns: number): { text: string; column: number } {
  const before = line.slice(0, cursor);
  if (widthOf(line) < columns) return { text: line, column: widthOf(before) };
  let start = 0;
  let width = widthOf(before);
  for (const { segment, index } of graphemes.segment(before)) {
    if (width < columns) break;
    start = index + segment.length;
    width -= widthOf(segment);
  }
  const rest = line.slice(start);
  const { index } = truncatedWidth(rest, { limit: columns });
  return { text: rest.slice(0, index), column: width };
}
