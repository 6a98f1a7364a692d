import { limits, SignalboxError } from '../../schemas/index.ts';

// msgpackr on untrusted bytes builds reference graphs, compiles record definitions and revives classes out of
// extension types, without a limit of depth. This pass reads only the structure, so that what reaches it is
// plain: https://github.com/msgpack/msgpack/blob/master/spec.md

function bad(what: string): never {
  throw new SignalboxError('bad_message', what);
}

/** Bytes that follow the head of a value of fixed size. */
const fixed = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
]);
/** Bytes of the length that follows the head of a string or binary, of an array, of a map. */
const sized = new Map<number, 1 | 2 | 4>([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
]);
const arrays = new Map<number, 2 | 4>([
  [0xdc, 2],
  [0xdd, 4],
]);
const maps = new Map<number, 2 | 4>([
  [0xde, 2],
  [0xdf, 4],
]);

/** Up to this many keys are compared pairwise; larger maps use a Set. */
const comparedKeys = 16;

/** Where the keys of the maps that are being read begin and end: by level, then in order. */
const keys = new Uint32Array((limits.maxDepth + 1) * 2 * comparedKeys);

/** Reads one msgpack value's structure. `position` is after that value when `value()` returns. */
class Scanner {
  position = 0;
  items = 0;
  readonly bytes: Buffer;
  private keyStart = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  value(depth: number): void {
    if (++this.items > limits.maxItems) bad(`more than ${limits.maxItems} values`);
    const head = this.uint(1);
    if (head <= 0x7f || head >= 0xe0) return;
    if (head <= 0x8f) this.map(head & 0x0f, depth);
    else if (head <= 0x9f) this.array(head & 0x0f, depth);
    else if (head <= 0xbf) this.skip(head & 0x1f);
    else if (head === 0xcf || head === 0xd3) this.integer64(head === 0xd3);
    else this.long(head, depth);
  }

  private long(head: number, depth: number): void {
    const rest = fixed.get(head);
    if (rest !== undefined) {
      this.skip(rest);
      return;
    }
    const length = sized.get(head) ?? arrays.get(head) ?? maps.get(head);
    if (length === undefined) bad(`the type 0x${head.toString(16)} is not used in this protocol`);
    const count = this.uint(length);
    if (sized.has(head)) this.skip(count);
    else if (arrays.has(head)) this.array(count, depth);
    else this.map(count, depth);
  }

  private array(length: number, depth: number): void {
    this.enter(depth, length);
    for (let index = 0; index < length; index += 1) this.value(depth + 1);
  }

  private map(length: number, depth: number): void {
    this.enter(depth, length * 2);
    const first = depth * 2 * comparedKeys;
    const seen = length > comparedKeys ? new Set<string>() : undefined;
    for (let index = 0; index < length; index += 1) {
      this.key();
      const isRepeated = seen ? this.isIn(seen) : this.isAmong(first, first + 2 * index);
      if (isRepeated) bad('a key comes twice in a map');
      this.value(depth + 1);
    }
  }

  private enter(depth: number, values: number): void {
    if (depth >= limits.maxDepth) bad(`nested deeper than ${limits.maxDepth} levels`);
    // Each value takes a byte at least: a length that cannot be true is refused before the loop.
    if (values > this.bytes.length - this.position) bad('a length goes past the end of the message');
  }

  private key(): void {
    const head = this.uint(1);
    const length = head >= 0xa0 && head <= 0xbf ? head & 0x1f : head === 0xd9 ? this.uint(1) : -1;
    if (length < 0 || length > limits.maxKeyBytes) bad('a key is not a short string');
    this.keyStart = this.position;
    this.skip(length);
    // msgpackr would rename it.
    if (length === 9 && this.bytes.toString('latin1', this.keyStart, this.position) === '__proto__')
      bad('a key is __proto__');
  }

  private isIn(seen: Set<string>): boolean {
    const { size } = seen;
    return seen.add(this.bytes.toString('latin1', this.keyStart, this.position)).size === size;
  }

  /** Whether the last key is one of those that are noted from `first` to `last`; there it is noted too. */
  private isAmong(first: number, last: number): boolean {
    const { keyStart, position } = this;
    for (let at = first; at < last; at += 2) {
      const start = keys[at] ?? 0;
      if ((keys[at + 1] ?? 0) - start === position - keyStart && this.isSame(start, keyStart, position)) return true;
    }
    keys[last] = keyStart;
    keys[last + 1] = position;
    return false;
  }

  private isSame(start: number, otherStart: number, otherEnd: number): boolean {
    for (let at = otherStart; at < otherEnd; at += 1) {
      if (this.bytes[at] !== this.bytes[start + at - otherStart]) return false;
    }
    return true;
  }

  private integer64(signed: boolean): void {
    const at = this.position;
    this.skip(8);
    const value = signed ? this.bytes.readBigInt64BE(at) : this.bytes.readBigUInt64BE(at);
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) bad('an integer is over 2^53 − 1');
  }

  private uint(size: 1 | 2 | 4): number {
    const at = this.position;
    this.skip(size);
    return size === 1 ? (this.bytes[at] ?? 0) : this.bytes.readUIntBE(at, size);
  }

  private skip(length: number): void {
    this.position += length;
    if (this.position > this.bytes.length) bad('the message ends too early');
  }
}

/**
 * Checks that `bytes` is exactly one msgpack value of plain data within the limits of the protocol. A key that comes
 * twice is refused, for whoever reads it may take either.
 * @returns how many values it holds, keys not counted.
 * @throws SignalboxError `bad_message`
 */
export function scan(bytes: Buffer, depth = 0): number {
  const scanner = new Scanner(bytes);
  scanner.value(depth);
  if (scanner.position !== bytes.length) bad('bytes follow the end of the message');
  return scanner.items;
}
