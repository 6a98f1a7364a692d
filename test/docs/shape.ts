/** The parts that differ between runs: times, keys, ids, ports. */
const changing: readonly [pattern: RegExp, instead: string][] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>'],
  [/ \S{40}$/g, ' <key>'],
  [/\b[0-9a-z]{12}\.(?=\d)/g, '<boot>.'],
  [/-[0-9a-f]{16}-(?=\d\d$)/g, '-<span>-'],
  [/\b\d+(\.\d+)? (ms |s )?to (?=\d)/g, ''],
  [/\b\d+(\.\d+)? (ms|s)\b/g, '<duration>'],
  [/\b\d{4,}\b/g, '<number>'],
];

/** A line as it is in every run. For JSON all fields count, and times only need to be numbers. */
function shapeOf(line: string): string {
  if (!line.startsWith('{')) return changing.reduce((text, [pattern, to]) => text.replace(pattern, to), line.trimEnd());
  return JSON.stringify(JSON.parse(line), (key, value) => {
    if (key === 'id') return `<boot>.${String(value).split('.')[1]}`;
    return typeof value === 'number' && (key === 'ts' || key.endsWith('Ms') || value >= 1_000) ? '<number>' : value;
  });
}

/**
 * Lines that are shown but were not printed, in any order and grouping: outcomes of several clients arrive in any
 * order.
 */
export function notPrinted(shown: string, printed: string): string[] {
  const shapes = new Set(printed.split('\n').flatMap(unfolded).map(shapeOf));
  return shown.split('\n').filter((line) => !unfolded(line).every((one) => shapes.has(shapeOf(one))));
}

/** `w[1-2,4]: text` as a line for each client. */
function unfolded(line: string): string[] {
  const [, stem = '', ranges, rest = ''] = /^(\w+)\[([\d,-]+)\](: .*)$/.exec(line) ?? [];
  if (ranges === undefined) return [line];
  return ranges.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => `${stem}${from + at}${rest}`);
  });
}
