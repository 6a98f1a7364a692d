import type { Builtin } from '../../plugin/builtin.ts';
import type { Word } from '../../plugin/statement.ts';
import { ShellError } from '../shell-error.ts';
import { durationForm, parseDuration } from './duration.ts';
import { isOperator } from './shell-syntax.ts';

export interface Usage {
  readonly name: string;
  readonly usage: string;
  readonly example: string;
}

/** An error about the arguments of a builtin, with its usage and an example. */
export function usageError({ usage, example }: Usage, message: string, at?: Word): ShellError {
  return new ShellError('bad_usage', message, { at, hint: `usage: ${usage}\nexample: ${example}` });
}

/** @throws ShellError if there are more than `most` words. */
export function atMost(builtin: Usage, words: readonly Word[], most: number): void {
  const extra = words.find((word, at) => at >= most || isOperator(word));
  if (!extra) return;
  if (isOperator(extra)) throw usageError(builtin, `there is no shell: '${extra.text}' means nothing here`, extra);
  const takes = most === 0 ? 'no arguments' : most === 1 ? 'one argument' : `${most} arguments`;
  throw usageError(builtin, `unexpected argument '${extra.text}': ${builtin.name} takes ${takes}`, extra);
}

/** @throws ShellError if the word is missing or not a duration. */
export function durationOf(builtin: Usage, given: Word | undefined): number {
  if (!given) throw usageError(builtin, `${builtin.name} needs ${durationForm}`);
  const ms = parseDuration(given.text);
  if (ms === undefined) throw usageError(builtin, `'${given.text}' is not ${durationForm}`, given);
  return ms;
}

/**
 * Separates plain words from the options of this builtin. `options` has the last value of each option, `given` has all.
 * @throws ShellError for an unknown option.
 */
export function splitOptions(builtin: Usage & Pick<Builtin, 'options'>, words: readonly Word[]) {
  const plain: Word[] = [];
  const options = new Map<string, Word>();
  const given: (readonly [option: string, value: Word])[] = [];
  const known = new Map(builtin.options?.map((one) => [one.option, one]));
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (!word) break;
    const option = known.get(word.text);
    if (word.quoted || !word.text.startsWith('-')) plain.push(word);
    else if (!option) throw usageError(builtin, `${builtin.name} has no option ${word.text}`, word);
    else if (option.label === undefined) options.set(word.text, word);
    else {
      const value = words[at + 1];
      if (!value) throw usageError(builtin, `${word.text} needs a value`, word);
      options.set(word.text, value);
      given.push([word.text, value]);
      at += 1;
    }
  }
  return { plain, options, given };
}
