import { naturally } from './natural-order.ts';

/** Maximum number of parts in a sentence. */
export const fewNames = 8;

/**
 * Formats names for people, in natural order. Names that differ only in a number at their end become one part:
 * `db, web[1-30,32]`, `m[01-12]`.
 * @param most maximum number of parts; the names in further parts are counted.
 */
export function foldNames(names: readonly string[], most = Number.POSITIVE_INFINITY): string {
  const parts: { text: string; count: number }[] = [];
  const byStem = new Map<string, string[]>();
  for (const name of names) {
    const [, stem, digits] = /^(.*\D|)(\d{1,9})$/.exec(name) ?? [];
    if (stem === undefined || digits === undefined) parts.push({ text: name, count: 1 });
    else byStem.set(stem, [...(byStem.get(stem) ?? []), digits]);
  }
  for (const [stem, numbers] of byStem) {
    // Numbers of the same width form a series if one of them has leading zeros: 08, 09, 10.
    const padded = new Set(numbers.filter((digits) => /^0\d/.test(digits)).map(({ length }) => length));
    const series = Map.groupBy(numbers, ({ length }) => (padded.has(length) ? length : 0));
    for (const [width, members] of series)
      parts.push({ text: `${stem}${folded(members, width)}`, count: members.length });
  }
  parts.sort((a, b) => naturally(a.text, b.text));
  const hidden = parts.slice(most).reduce((sum, { count }) => sum + count, 0);
  const shown = parts.slice(0, most).map(({ text }) => text);
  return `${shown.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}

function folded(numbers: readonly string[], width: number): string {
  const [only = ''] = numbers;
  if (numbers.length === 1) return only;
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers.map(Number).sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last.to + 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  const digits = (number: number) => String(number).padStart(width, '0');
  return `[${ranges.map(({ from, to }) => (from === to ? digits(from) : `${digits(from)}-${digits(to)}`)).join(',')}]`;
}
