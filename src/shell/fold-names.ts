/** Names for people, those that only differ by a number at their end as one: `db, web[1-30,32]`. */
export function foldNames(names: readonly string[]): string {
  const single: string[] = [];
  const numbered = new Map<string, number[]>();
  for (const name of names) {
    // A number with zeros before it would not be the same name without them.
    const [, stem, digits] = /^(.*\D|)(0|[1-9]\d{0,8})$/.exec(name) ?? [];
    if (stem === undefined || digits === undefined) single.push(name);
    else numbered.set(stem, [...(numbered.get(stem) ?? []), Number(digits)]);
  }
  const folded = [...numbered].map(([stem, numbers]) => {
    const [only] = numbers;
    return numbers.length === 1 ? `${stem}${only}` : `${stem}[${ranges(numbers)}]`;
  });
  return [...single, ...folded].sort().join(', ');
}

function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && number <= last.to + 1) last.to = number;
    else parts.push({ from: number, to: number });
  }
  return parts.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
