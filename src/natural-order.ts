// Created on first use: creating it takes longer than everything else that a short script does.
let collator: Intl.Collator | undefined;

/** Compares names in natural order: `m2` before `m10`. Only equal names compare as equal. */
export function naturally(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
