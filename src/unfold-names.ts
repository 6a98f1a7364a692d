import { SignalboxError } from '../schemas/errors.ts';
import { expandNumbers, maxNames } from './number-brackets.ts';

/**
 * The names that people write folded, as `foldNames` does: `m[1-3,7]` is m1, m2, m3 and m7; `m[08-10]` keeps the width.
 * Each is named once, in the order given.
 * @throws SignalboxError `bad_usage` where brackets hold anything else, or there are more than 10,000 names.
 */
export function unfoldNames(texts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const text of texts) {
    const unfolded = expandNumbers(text);
    if (typeof unfolded === 'string') throw new SignalboxError('bad_usage', unfolded);
    for (const name of unfolded) names.add(name);
    if (unfolded.some((name) => /[[\]]/.test(name))) {
      const hint = 'brackets of names hold numbers with - or a comma, such as m[1-20] or m[3,7]';
      throw new SignalboxError('bad_usage', `'${text}' names no clients: ${hint}`);
    }
    if (names.size > maxNames) throw new SignalboxError('bad_usage', `more than ${maxNames} names`);
  }
  return [...names];
}
