import type { Completions } from './complete-line.ts';
import type { TypedLine } from './typed-line.ts';

/** A space after such a word would end it too early. */
const isOpen = /[=:/,]$/;

/**
 * The text that the script of a shell reads: a line with its kind (`files` and `folders`: nothing follows, the shell finds
 * them; `open`: words without a space after them), then a line for each word, with its description after a tab.
 * @param isRaw whether the shell inserts words unchanged, without the part that `typed.kept` counts.
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
