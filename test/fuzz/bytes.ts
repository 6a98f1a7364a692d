import type { Random } from '../support/random.ts';

/** Changes to the bytes of a frame, without regard to their meaning. */
type Change = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const hex = (text: string) => Buffer.from(text, 'hex');

/** Heads with a special meaning in msgpack or msgpackr, and impossible lengths. */
const special: readonly [Buffer, ...Buffer[]] = [
  hex('c1'), // never used
  hex('d4720140'), // msgpackr: a record definition
  hex('d6ff00000000'), // timestamp
  hex('c70cff000000000000000000000000'), // timestamp, long
  hex('d46901'), // msgpackr: a reference by id
  hex('d4700a'), // msgpackr: points back to one
  hex('c70c78'), // msgpackr: a regular expression
  hex('d57300'), // msgpackr: a set
  hex('c7ff65'), // msgpackr: an error
  hex('ddffffffff'),
  hex('dfffffffff'),
  hex('dbffffffff'),
  hex('c6ffffffff'),
  hex('c9ffffffff01'),
  hex('dd00ffffff'),
  hex('df7fffffff'),
  hex('cb7ff8000000000000'), // NaN
  hex('cb7ff0000000000000'), // infinity
  hex('cbfff0000000000000'),
  hex('cfffffffffffffffff'),
  hex('d38000000000000000'),
  hex('a95f5f70726f746f5f5f'), // "__proto__"
  hex('ab636f6e7374727563746f72'), // "constructor"
  Buffer.alloc(40, 0x91), // forty levels
  Buffer.alloc(2_000, 0x91),
  Buffer.concat([hex('dc4e20'), Buffer.alloc(20_000, 0xc0)]), // too many values
];

/**
 * The first position, from a random one on, whose byte is the head of a string, binary, array or map, and its length.
 */
function headAt(bytes: Buffer, random: Random): number {
  const from = random.int(0, Math.max(0, bytes.length - 1));
  for (let step = 0; step < bytes.length; step += 1) {
    const at = (from + step) % bytes.length;
    const byte = bytes[at] ?? 0;
    if ((byte >= 0x80 && byte <= 0xbf) || (byte >= 0xc4 && byte <= 0xc6) || byte >= 0xd9) return at;
  }
  return from;
}

function range(bytes: Buffer, random: Random): [number, number] {
  const from = random.int(0, bytes.length);
  return [from, Math.min(bytes.length, from + random.int(1, 40))];
}

const changes: readonly [Change, ...Change[]] = [
  function flipBits(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let flips = random.int(1, 8); flips > 0; flips -= 1) {
      const at = random.int(0, Math.max(0, copy.length - 1));
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(0, 7));
    }
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.int(0, bytes.length));
  },
  function splice(bytes, random, other) {
    return Buffer.concat([bytes.subarray(0, random.int(0, bytes.length)), other.subarray(random.int(0, other.length))]);
  },
  function insertSpecial(bytes, random) {
    const at = random.int(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.pick(special), bytes.subarray(at)]);
  },
  /** Replaces a value, so that its surroundings stay intact. */
  function replaceHead(bytes, random) {
    const at = headAt(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), random.pick(special), bytes.subarray(at + 1)]);
  },
  function changeLength(bytes, random) {
    const copy = Buffer.from(bytes);
    const at = headAt(copy, random);
    const head = copy[at] ?? 0;
    if (head < 0xc0) copy[at] = (head & (head < 0xa0 ? 0xf0 : 0xe0)) | random.int(0, head < 0xa0 ? 15 : 31);
    else if (at + 1 < copy.length) copy[at + 1] = random.int(0, 255);
    return copy;
  },
  function remove(bytes, random) {
    const [from, to] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = range(bytes, random);
    const copies = Array.from({ length: random.int(2, 20) }, () => bytes.subarray(from, to));
    return Buffer.concat([bytes.subarray(0, from), ...copies, bytes.subarray(to)]);
  },
  function fill(bytes, random) {
    const [from, to] = range(bytes, random);
    return Buffer.from(bytes).fill(random.pick([0x00, 0xff, 0xc1, 0x90, 0xdd]), from, to);
  },
];

/** A frame with one to four changes in its bytes. Pieces come from the frame `other`. */
export function changeBytes(frame: Buffer, random: Random, other: Buffer): Buffer {
  let bytes = frame;
  for (let left = random.int(1, 4); left > 0; left -= 1) bytes = random.pick(changes)(bytes, random, other);
  return bytes;
}

/** Meaningless bytes; occasionally many of them. */
export function randomBytes(random: Random): Buffer {
  const bytes = Buffer.allocUnsafe(random.int(0, random.int(0, 999) === 0 ? 65_536 : 400));
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = random.int(0, 255);
  return bytes;
}
