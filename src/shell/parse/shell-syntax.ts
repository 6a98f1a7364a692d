import type { CommandContract } from '../../../schemas/index.ts';
import type { Word } from '../../plugin/statement.ts';
import { ShellError } from '../shell-error.ts';

// Programs are started without a shell. Shell operators are refused and expansions cause a warning, unless they are
// quoted.

const operator = /^(?:\|[|&]?|&&?|&>.*|\d*[<>].*)$/;
const expansion = /[$][\w{(]|`|[*?|]|\[[^\]]+\]|^~/;

/** `|`, `&&`, `>out`, `2>&1` */
export const isOperator = ({ text, quoted }: Word): boolean => !quoted && operator.test(text);

/** `$HOME`, `*.log`, `~/bin`. In a URL, `?` is not a pattern. */
const isExpansion = ({ text, quoted }: Word): boolean => !quoted && expansion.test(text) && !text.includes('://');

/**
 * Checks the words of a program and its arguments.
 * @returns a warning about words that are passed unexpanded.
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
    throw new ShellError(
      'bad_arguments',
      `there is no shell: '${misread.text}' would be passed to ${program.text} unchanged`,
      {
        at: misread,
        hint: `to use a shell: ${shown}\nto pass it unchanged, quote it: '${misread.text}'`,
      },
    );
  }
  const literal = words.find(isExpansion);
  if (!literal) return undefined;
  return `there is no shell: ${literal.text} is passed unchanged; to use a shell: ${shown}; quote it to avoid this warning`;
}

function inQuotes(words: readonly Word[]): string {
  const inner = words.map(({ text, quoted }) => (quoted ? `"${text.replace(/["\\$`]/g, '\\$&')}"` : text)).join(' ');
  return inner.length > 60 ? "'…'" : `'${inner.replaceAll("'", "'\\''")}'`;
}
