import { nearest } from '../../nearest.ts';

/** Hint for an unknown word: the nearest known word, otherwise all known words. */
export function hint(given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  return known.length === 0 ? '' : `; there are ${known.join(', ')}`;
}
