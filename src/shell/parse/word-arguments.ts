import type { Builtin } from '../builtin.ts';
import { ShellError } from '../shell-error.ts';
import { durationForm, parseDuration } from './duration.ts';
import type { Word } from './parse.ts';
import { isOperator } from './shell-syntax.ts';

interface Usage {
  readonly name: string;
  readonly usage: string;
  readonly example: string;
}

/** An error about the words after a shell word, with what can be typed instead. */
export function wordError({ usage, example }: Usage, message: string, at?: Word): ShellError {
  return new ShellError('bad_usage', message, { at, hint: `usage: ${usage}\nexample: ${example}` });
}

/** @throws ShellError where there are more words than `most`. */
export function atMost(word: Usage, words: readonly Word[], most: number): void {
  const extra = words[most];
  if (!extra) return;
  if (isOperator(extra)) throw wordError(word, `there is no shell: '${extra.text}' means nothing here`, extra);
  const takes = most === 0 ? 'nothing' : most === 1 ? 'one word' : `${most} words`;
  throw wordError(word, `${word.name} takes ${takes} after it, and '${extra.text}' is one too many`, extra);
}

/** @throws ShellError where the word is missing or no duration. */
export function durationOf(word: Usage, given: Word | undefined): number {
  if (!given) throw wordError(word, `${word.name} needs ${durationForm}`);
  const ms = parseDuration(given.text);
  if (ms === undefined) throw wordError(word, `'${given.text}' is no duration; try ${durationForm}`, given);
  return ms;
}

/**
 * Splits the words into plain ones and the options of this shell word, with their values.
 * @throws ShellError for any other option.
 */
export function splitOptions(word: Usage & Pick<Builtin, 'options'>, words: readonly Word[]) {
  const plain: Word[] = [];
  const options = new Map<string, Word>();
  const known = new Map(word.options?.map((one) => [one.option, one]));
  for (let at = 0; at < words.length; at += 1) {
    const given = words[at];
    if (!given) break;
    const option = known.get(given.text);
    if (given.quoted || !given.text.startsWith('-')) plain.push(given);
    else if (!option) throw wordError(word, `${word.name} has no option ${given.text}`, given);
    else if (option.label === undefined) options.set(given.text, given);
    else {
      const value = words[at + 1];
      if (!value) throw wordError(word, `${given.text} needs a value`, given);
      options.set(given.text, value);
      at += 1;
    }
  }
  return { plain, options };
}
