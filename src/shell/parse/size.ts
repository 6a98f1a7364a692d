const powers: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** Completes `must be …`. */
export const sizeForm = 'a size such as 512M, 1GiB or plain bytes';

/** `512M`, `1.5GiB`, `64kB` or plain bytes, in bytes: every unit is a power of 1,024. Undefined for everything else. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(?:([kmgt])(?:i?b)?|b)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * 1_024 ** (powers[unit.toLowerCase()] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
