const collator = new Intl.Collator('en', { numeric: true });

/** Compares names as people sort them: `m2` before `m10`. Only equal names compare as equal. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
