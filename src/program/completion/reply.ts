import type { Completions } from './complete-line.ts';
import type { TypedLine } from './typed-line.ts';

/** A space after such a word would end it too early. */
const isOpen = /[=:/,]$/;

/**
 * What the script of a shell reads: a line that says what follows (`files` and `folders`: nothing, the shell finds them;
 * `open`: words after which no space is put), then a line for each word, with its description after a tab.
 * @param isRaw whether the shell puts words in as they are, and only what `typed.kept` leaves of them.
 */
export function replyOf(completions: Completions, { quote, kept }: TypedLine, isRaw: boolean): string {
  if (typeof completions === 'string') return `${completions}\n`;
  const { words } = completions;
  const shown = (text: string) => {
    const rest = isRaw ? text.slice(kept) : text;
    return isRaw && quote === undefined ? rest.replaceAll(/[^\w@%+=:,./-]/g, String.raw`\$&`) : rest;
  };
  const kind = words.some(({ text }) => isOpen.test(text)) ? 'open' : 'words';
  const lines = words
    .filter(({ text }) => !/[\t\n]/.test(text))
    .map(({ text, about }) => `${shown(text)}\t${about.replaceAll(/\s+/g, ' ')}`);
  return [kind, ...lines, ''].join('\n');
}
