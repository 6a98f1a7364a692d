import { SignalboxError } from '../schemas/errors.ts';
import { expandNumbers, maxNames } from './number-brackets.ts';

/**
 * Expands names that are written as by `foldNames`: `m[1-3,7]` is m1, m2, m3 and m7; `m[08-10]` keeps the width. The
 * result has no duplicates and keeps the order.
 * @throws SignalboxError `bad_usage` if brackets contain anything else, or there are more than 10,000 names.
 */
export function unfoldNames(texts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const text of texts) {
    const unfolded = expandNumbers(text);
    if (typeof unfolded === 'string') throw new SignalboxError('bad_usage', unfolded);
    for (const name of unfolded) names.add(name);
    if (unfolded.some((name) => /[[\]]/.test(name))) {
      const hint = 'brackets must contain numbers with - or a comma, such as m[1-20] or m[3,7]';
      throw new SignalboxError('bad_usage', `'${text}' is not a valid list of names: ${hint}`);
    }
    if (names.size > maxNames) throw new SignalboxError('bad_usage', `more than ${maxNames} names`);
  }
  return [...names];
}
