import { nearest } from '../../nearest.ts';

/** What was meant by a word that is not known, or else what there is. */
export function hint(given: string, known: readonly string[]): string {
  const meant = nearest(given, known);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  return known.length === 0 ? '' : `; there are ${known.join(', ')}`;
}
