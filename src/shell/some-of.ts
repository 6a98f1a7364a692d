const shown = 8;

/** Names for a sentence: the first few, and how many more there are. */
export function someOf(names: readonly string[]): string {
  if (names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}
