/** A line as it was typed up to the cursor, which is at the end of a word. */
export interface TypedLine {
  /** The words before the last one, without their quotes. */
  readonly words: readonly string[];
  /** The last word, without its quotes; empty after a space. */
  readonly word: string;
  /** The quote in which it ends; undefined outside of quotes. */
  readonly quote: string | undefined;
  /** Length of its part that the shell keeps and does not replace: up to a quote or a word break. */
  readonly kept: number;
}

/**
 * Reads a line of a shell, for completion: quotes and backslashes, no expansions.
 * @param wordBreaks characters, besides white space, at which the shell splits words outside of quotes.
 */
export function readTypedLine(line: string, wordBreaks = ''): TypedLine {
  const words: string[] = [];
  let word = '';
  let quote: string | undefined;
  let kept = 0;
  let keptOutside = 0;
  let isWord = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    const isEscape = char === '\\' && quote !== "'" && at + 1 < line.length;
    if (isEscape) {
      at += 1;
      word += line[at];
    } else if (quote === undefined && /\s/.test(char)) {
      if (isWord) words.push(word);
      word = '';
      kept = 0;
      isWord = false;
      continue;
    } else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      keptOutside = kept;
      kept = word.length;
    } else if (char === quote) {
      quote = undefined;
      kept = keptOutside;
    } else {
      word += char;
      if (quote === undefined && wordBreaks.includes(char)) kept = word.length;
    }
    isWord = true;
  }
  return { words, word, quote, kept };
}
