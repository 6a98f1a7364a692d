/** Matches a single character, or any number of characters. */
type Token = { readonly matches: (char: string) => boolean } | 'rest';

/** Whether the text contains `*`, `?` or a class of characters, such as `[ab]`, `[a-z0-9]` or `[!ab]`. */
export const isGlob = (text: string): boolean => /[*?[]/.test(text);

/**
 * Creates a matcher for whole texts. Its time is at most proportional to the lengths of pattern and text.
 * @param glob with valid classes only: see `wrongClass`.
 */
export function globMatcher(glob: string): (text: string) => boolean {
  const tokens = tokensOf(glob);
  return (text) => {
    let token = 0;
    let at = 0;
    /** Index of the last `*`, and where the text after it may begin. */
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

/** Returns the fault inside the brackets of a class; undefined if there is none. */
export function wrongClass(inside: string): string | undefined {
  const { ranges } = classOf(inside);
  if (ranges.length === 0) return 'is empty';
  const backwards = ranges.find(([first, last]) => first > last);
  return backwards && `has ${backwards.join('-')} in the wrong order`;
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
