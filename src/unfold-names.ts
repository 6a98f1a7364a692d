import { SignalboxError } from '../schemas/errors.ts';

const maxNames = 10_000;

/**
 * The names that people write folded, as `foldNames` does: `m[1-3,7]` is m1, m2, m3 and m7; `m[08-10]` keeps the width.
 * Each is named once, in the order given.
 * @throws SignalboxError `bad_usage` where brackets hold anything else, or there are more than 10,000 names.
 */
export function unfoldNames(texts: readonly string[]): string[] {
  const names = new Set<string>();
  for (const text of texts) {
    for (const name of unfold(text)) {
      names.add(name);
      if (names.size > maxNames) throw new SignalboxError('bad_usage', `more than ${maxNames} names`);
    }
  }
  return [...names];
}

function* unfold(text: string): Generator<string> {
  const [, before, list, after] = /^([^[\]]*)\[([^[\]]*)\]([^[\]]*)$/.exec(text) ?? [];
  if (before === undefined || list === undefined) {
    yield text;
    return;
  }
  for (const part of list.split(',')) {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined || Number(first) > Number(last)) {
      throw new SignalboxError('bad_usage', `'${text}' names no clients; try ${before}[1-20] or ${before}[3,7]`);
    }
    const width = first.startsWith('0') ? first.length : 0;
    for (let number = Number(first); number <= Number(last); number += 1) {
      yield `${before}${String(number).padStart(width, '0')}${after}`;
    }
  }
}
