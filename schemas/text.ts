import { z } from 'zod';

const encoder = new TextEncoder();

/** Text of at most `maxBytes` bytes of UTF-8: every language counts these alike. */
export const text = (maxBytes: number) =>
  z
    .string()
    .refine((value) => fits(value, maxBytes), `at most ${maxBytes} bytes of UTF-8`)
    .meta({ maxBytes });

/** `value` as well-formed text, cut between two characters to at most `maxBytes` bytes of UTF-8. */
export function cutText(value: string, maxBytes: number): string {
  const whole = value.toWellFormed();
  if (whole.length * maxBytesOfUnit <= maxBytes) return whole;
  return whole.slice(0, encoder.encodeInto(whole, new Uint8Array(maxBytes)).read);
}

/** A unit of UTF-16 takes at most so many bytes of UTF-8. */
const maxBytesOfUnit = 3;

function fits(value: string, maxBytes: number): boolean {
  return value.length * maxBytesOfUnit <= maxBytes || encoder.encode(value).length <= maxBytes;
}
