/** One value, or the smallest to the largest: `2 ms`, `0 to 2 ms`, `900 ms to 1.1 s`. Empty without values. */
export function span(values: readonly number[], format: (value: number) => string): string {
  if (values.length === 0) return '';
  const [least, most] = [format(Math.min(...values)), format(Math.max(...values))];
  if (least === most) return least;
  const [amount, ...unit] = least.split(' ');
  const hasOneUnit = unit.length === 1 && most.split(' ').slice(1).join(' ') === unit[0];
  return `${hasOneUnit ? amount : least} to ${most}`;
}
