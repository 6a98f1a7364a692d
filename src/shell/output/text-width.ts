import truncatedWidth from 'fast-string-truncated-width';

/** Columns that a text takes on a terminal; escape sequences take none. */
export function widthOf(text: string): number {
  return truncatedWidth(text).width;
}

/** Cuts a text to this many columns; a cut text ends with an ellipsis. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (widthOf(text) <= columns) return text;
  // Reset open colours.
  const cut = text.slice(0, indexAt(text, columns - 1));
  return `${cut}…${cut.includes('\x1b[') ? '\x1b[0m' : ''}`;
}

// Created on first use, because that takes longer than a short script.
let segmenter: Intl.Segmenter | undefined;
const colours = new RegExp(`(${'\x1b'}\\[[\\d;]*m)`);

/**
 * The index up to which a text fits into this many columns. The library's own function (3.0.3) is wrong when non-Latin
 * characters precede Latin ones.
 */
function indexAt(text: string, columns: number): number {
  let index = 0;
  let width = 0;
  for (const part of text.split(colours)) {
    if (colours.test(part)) {
      index += part.length;
      continue;
    }
    for (const { segment } of graphemesOf(part)) {
      width += widthOf(segment);
      if (width > columns) return index;
      index += segment.length;
    }
  }
  return index;
}

/**
 * The part of a line that is shown in this many columns, scrolled sideways so that it contains the cursor.
 * @param cursor in UTF-16 units.
 * @returns the part, and the column of the cursor in it.
 */
export function windowOf(line: string, cursor: number, columns: number): { text: string; column: number } {
  const before = line.slice(0, cursor);
  if (widthOf(line) < columns) return { text: line, column: widthOf(before) };
  let start = 0;
  let width = widthOf(before);
  for (const { segment, index } of graphemesOf(before)) {
    if (width < columns) break;
    start = index + segment.length;
    width -= widthOf(segment);
  }
  const rest = line.slice(start);
  return { text: rest.slice(0, indexAt(rest, columns)), column: width };
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}
