/** Matches one place of a text: a character, or any number of characters. */
type Token = { readonly matches: (char: string) => boolean } | 'rest';

/** `*`, `?` and classes of characters, such as `[ab]`, `[a-z0-9]` and `[!ab]`. */
export const isGlob = (text: string): boolean => /[*?[]/.test(text);

/**
 * A pattern for whole texts. It takes at most time in proportion to pattern and text, whatever they hold.
 * @param glob its classes are valid: see `wrongClass`.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const tokens = tokensOf(glob);
  return (text) => {
    let token = 0;
    let at = 0;
    /** The last `*`, and where the text behind it may begin. */
    let star = -1;
    let retryAt = 0;
    while (at < text.length) {
      const one = tokens[token];
      if (one === 'rest') {
        star = token;
        token += 1;
        retryAt = at;
      } else if (one?.matches(text.charAt(at))) {
        token += 1;
        at += 1;
      } else if (star >= 0) {
        token = star + 1;
        retryAt += 1;
        at = retryAt;
      } else return false;
    }
    return tokens.slice(token).every((one) => one === 'rest');
  };
}

/** What is wrong with the inside of the brackets of a class; undefined if nothing is. */
export function wrongClass(inside: string): string | undefined {
  const { ranges } = classOf(inside);
  if (ranges.length === 0) return 'is empty';
  const backwards = ranges.find(([first, last]) => first > last);
  return backwards && `has ${backwards.join('-')} the wrong way round`;
}

function tokensOf(glob: string): Token[] {
  const tokens: Token[] = [];
  for (const [piece, inside] of glob.matchAll(/\[([^\]]*)\]|./gs)) {
    if (inside !== undefined) {
      const { isNegated, ranges } = classOf(inside);
      tokens.push({ matches: (char) => ranges.some(([a, b]) => char >= a && char <= b) !== isNegated });
    } else if (piece === '?') tokens.push({ matches: () => true });
    else if (piece !== '*') tokens.push({ matches: (char) => char === piece });
    else if (tokens.at(-1) !== 'rest') tokens.push('rest');
  }
  return tokens;
}

function classOf(inside: string) {
  const isNegated = /^[!^]/.test(inside);
  const ranges = [...inside.slice(isNegated ? 1 : 0).matchAll(/(.)-(.)|./gs)].map(
    ([one, first = one, last = one]) => [first, last] as const,
  );
  return { isNegated, ranges };
}
