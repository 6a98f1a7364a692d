import type { CommandContract } from '../../../schemas/index.ts';
import type { Word } from '../../plugin/statement.ts';
import { ShellError } from '../shell-error.ts';

// Programs are started without a shell. What a shell would do with a word is refused or told, unless its quotes say
// that it is meant.

const operator = /^(?:\|[|&]?|&&?|&>.*|\d*[<>].*)$/;
const expansion = /[$][\w{(]|`|[*?|]|\[[^\]]+\]|^~/;

/** `|`, `&&`, `>out`, `2>&1` */
export const isOperator = ({ text, quoted }: Word): boolean => !quoted && operator.test(text);

/** `$HOME`, `*.log`, `~/bin`. In an address `?` is no pattern. */
const isExpansion = ({ text, quoted }: Word): boolean => !quoted && expansion.test(text) && !text.includes('://');

/**
 * Looks at the words of a program and its arguments.
 * @returns what a person should know of words that are passed as they are.
 * @throws ShellError `bad_arguments` for an operator.
 */
export function checkForShellSyntax(contract: CommandContract, words: readonly Word[]): string | undefined {
  const [program] = words;
  if (!program) return undefined;
  const shown = `${contract.name} sh -c ${inQuotes(words)}`;
  const misread = words.find(
    (word) => isOperator(word) || (word === program && /[|<>&]/.test(word.text) && !word.quoted),
  );
  if (misread) {
    throw new ShellError('bad_arguments', `there is no shell: '${misread.text}' would go to ${program.text} as it is`, {
      at: misread,
      hint: `to have one: ${shown}\nwhere it is meant, put it in quotes: '${misread.text}'`,
    });
  }
  const literal = words.find(isExpansion);
  if (!literal) return undefined;
  return `there is no shell: ${literal.text} is passed as it is; to have one: ${shown}; put it in quotes where it is meant`;
}

function inQuotes(words: readonly Word[]): string {
  const inner = words.map(({ text, quoted }) => (quoted ? `"${text.replace(/["\\$`]/g, '\\$&')}"` : text)).join(' ');
  return inner.length > 60 ? "'…'" : `'${inner.replaceAll("'", "'\\''")}'`;
}
