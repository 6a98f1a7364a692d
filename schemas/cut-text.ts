const encoder = new TextEncoder();

/** A unit of UTF-16 takes at most so many bytes of UTF-8. */
export const maxBytesOfUnit = 3;

/** `value` as well-formed text, cut between two characters to at most `maxBytes` bytes of UTF-8. */
export function cutText(value: string, maxBytes: number): string {
  const whole = value.toWellFormed();
  if (whole.length * maxBytesOfUnit <= maxBytes) return whole;
  return whole.slice(0, encoder.encodeInto(whole, new Uint8Array(maxBytes)).read);
}
