import type { Random } from '../support/random.ts';

/** Writes values like another msgpack encoder: each value in any format that can hold it. */
export function encodeOtherwise(value: unknown, random: Random): Buffer {
  if (value === null) return hex('c0');
  if (typeof value === 'boolean') return hex(value ? 'c3' : 'c2');
  if (typeof value === 'number') return random.pick(formatsOf(value));
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([headOf(bytes.length, random, { fix: [0xa0, 31], sized: [0xd9, 0xda, 0xdb] }), bytes]);
  }
  if (value instanceof Uint8Array) {
    return Buffer.concat([headOf(value.length, random, { sized: [0xc4, 0xc5, 0xc6] }), value]);
  }
  const inside = (one: unknown) => encodeOtherwise(one, random);
  if (Array.isArray(value)) {
    const head = headOf(value.length, random, { fix: [0x90, 15], sized: [undefined, 0xdc, 0xdd] });
    return Buffer.concat([head, ...value.map(inside)]);
  }
  const fields = Object.entries(value as object);
  const head = headOf(fields.length, random, { fix: [0x80, 15], sized: [undefined, 0xde, 0xdf] });
  return Buffer.concat([head, ...fields.flatMap(([key, one]) => [keyOf(key), inside(one)])]);
}

const hex = (text: string) => Buffer.from(text, 'hex');

/** Keys are only fixstr or str8. */
function keyOf(key: string): Buffer {
  const bytes = Buffer.from(key);
  return Buffer.concat([
    bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : Buffer.from([0xd9, bytes.length]),
    bytes,
  ]);
}

interface Heads {
  /** The head for a length of 0, and the largest length that fits into it. */
  readonly fix?: readonly [number, number];
  /** The heads for lengths of one, two and four bytes. */
  readonly sized: readonly [number | undefined, number | undefined, number | undefined];
}

function headOf(length: number, random: Random, { fix, sized }: Heads): Buffer {
  const heads = sized.flatMap((head, at) => {
    const size = 2 ** at;
    return head === undefined || length >= 2 ** (8 * size) ? [] : [withInteger(head, length, size)];
  });
  if (fix && length <= fix[1]) heads.push(Buffer.from([fix[0] | length]));
  return random.pick(heads as [Buffer, ...Buffer[]]);
}

/** All formats that hold the number exactly. */
function formatsOf(value: number): [Buffer, ...Buffer[]] {
  const double = Buffer.alloc(9, 0xcb);
  double.writeDoubleBE(value, 1);
  const formats: [Buffer, ...Buffer[]] = [double];
  if (Math.fround(value) === value) {
    const float = Buffer.alloc(5, 0xca);
    float.writeFloatBE(value, 1);
    formats.push(float);
  }
  if (!Number.isSafeInteger(value)) return formats;
  if (value >= -32 && value < 128) formats.push(Buffer.from([value & 0xff]));
  for (const [at, size] of [1, 2, 4, 8].entries()) {
    if (value >= 0 && value < 2 ** (8 * size)) formats.push(withInteger(0xcc + at, value, size));
    if (Math.abs(value + 0.5) < 2 ** (8 * size - 1)) formats.push(withInteger(0xd0 + at, value, size));
  }
  return formats;
}

function withInteger(head: number, value: number, size: number): Buffer {
  const long = Buffer.alloc(8);
  long.writeBigInt64BE(BigInt(value));
  return Buffer.concat([Buffer.from([head]), long.subarray(8 - size)]);
}
