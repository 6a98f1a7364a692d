import { limits, SignalboxError } from '../../schemas/index.ts';

// msgpackr on untrusted bytes builds reference graphs, compiles record definitions and revives classes out of
// extension types, without a limit of depth. This pass reads only the structure, so that what reaches it is
// plain: https://github.com/msgpack/msgpack/blob/master/spec.md

const bad = (what: string): never => {
  throw new SignalboxError('bad_message', what);
};

/** Reads one msgpack value's structure. `position` is after that value when `value()` returns. */
class Scanner {
  position = 0;
  items = 0;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  value(depth: number): void {
    if (++this.items > limits.maxItems) bad(`more than ${limits.maxItems} values`);
    const head = this.uint(1);
    if (head <= 0x7f || head >= 0xe0) return;
    if (head <= 0x8f) return this.map(head & 0x0f, depth);
    if (head <= 0x9f) return this.array(head & 0x0f, depth);
    if (head <= 0xbf) return this.skip(head & 0x1f);
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
      case 0xd9:
        return this.skip(this.uint(1));
      case 0xc5:
      case 0xda:
        return this.skip(this.uint(2));
      case 0xc6:
      case 0xdb:
        return this.skip(this.uint(4));
      case 0xcc:
      case 0xd0:
        return this.skip(1);
      case 0xcd:
      case 0xd1:
        return this.skip(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.skip(4);
      case 0xcb:
        return this.skip(8);
      case 0xcf:
      case 0xd3:
        return this.integer64(head === 0xd3);
      case 0xdc:
        return this.array(this.uint(2), depth);
      case 0xdd:
        return this.array(this.uint(4), depth);
      case 0xde:
        return this.map(this.uint(2), depth);
      case 0xdf:
        return this.map(this.uint(4), depth);
      default:
        return bad(`the type 0x${head.toString(16)} is not used in this protocol`);
    }
  }

  private array(length: number, depth: number): void {
    this.enter(depth, length);
    for (let index = 0; index < length; index += 1) this.value(depth + 1);
  }

  private map(length: number, depth: number): void {
    this.enter(depth, length * 2);
    for (let index = 0; index < length; index += 1) {
      this.key();
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
    this.skip(length);
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
 * Checks that `bytes` is exactly one msgpack value of plain data within the limits of the protocol.
 * @returns how many values it holds, keys not counted.
 * @throws SignalboxError `bad_message`
 */
export function scan(bytes: Buffer, depth = 0): number {
  const scanner = new Scanner(bytes);
  scanner.value(depth);
  if (scanner.position !== bytes.length) bad('bytes follow the end of the message');
  return scanner.items;
}
