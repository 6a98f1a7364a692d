import { z } from 'zod';
import { maxBytesOfUnit } from './cut-text.ts';

const encoder = new TextEncoder();

/** Text of at most `maxBytes` bytes of UTF-8, the same count in every programming language. */
export const text = (maxBytes: number) =>
  z
    .string()
    .refine((value) => fits(value, maxBytes), `at most ${maxBytes} bytes of UTF-8`)
    .meta({ maxBytes });

function fits(value: string, maxBytes: number): boolean {
  return value.length * maxBytesOfUnit <= maxBytes || encoder.encode(value).length <= maxBytes;
}
