const encoder = new TextEncoder();

/** Maximum number of UTF-8 bytes for one UTF-16 code unit. */
export const maxBytesOfUnit = 3;

/** Returns `value` as well-formed text, cut at a character boundary to at most `maxBytes` bytes of UTF-8. */
export function cutText(value: string, maxBytes: number): string {
  const whole = value.toWellFormed();
  if (whole.length * maxBytesOfUnit <= maxBytes) return whole;
  return whole.slice(0, encoder.encodeInto(whole, new Uint8Array(maxBytes)).read);
}
