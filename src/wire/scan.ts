import { isUtf8 } from 'node:buffer';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { headOf } from './heads.ts';

// On untrusted bytes msgpackr builds reference graphs, compiles record definitions and revives classes from extension
// types, without a depth limit. This pass only reads the structure, so that msgpackr is given plain values only.

/** The level of a field of a message. The frame is level 0, a message level 1. */
export const fieldDepth = 2;

/** Up to this many keys are compared pairwise; larger maps use a Set. */
const comparedKeys = 16;

/**
 * Start and end of the keys of the maps that are being read, by level and in order. One for the whole process: a scan is
 * synchronous, and allocating one for each costs more than most scans.
 */
const keys = new Uint32Array((limits.maxDepth + 1) * 2 * comparedKeys);

/** Text shorter than this is read byte by byte, because a call into native code costs more. */
const shortText = 24;

/** Reads the structure of one msgpack value. When `value()` returns, `position` is after that value. */
export class Scanner {
  position = 0;
  items = 0;
  readonly bytes: Buffer;
  private keyStart = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  value(depth: number): void {
    if (++this.items > limits.maxItems) this.bad(`more than ${limits.maxItems} values`);
    const head = this.byte();
    if (head <= 0x7f || head >= 0xe0) return;
    if (head <= 0x8f) this.map(head & 0x0f, depth);
    else if (head <= 0x9f) this.array(head & 0x0f, depth);
    else if (head <= 0xbf) this.skipText(head & 0x1f);
    else this.long(head, depth);
  }

  private long(head: number, depth: number): void {
    const { kind, size } = headOf(head);
    switch (kind) {
      case 'fixed':
        this.skip(size);
        break;
      case 'float':
        this.finite(size);
        break;
      case 'integer64':
        this.integer64(head === 0xd3);
        break;
      case 'text':
        this.skipText(this.bigEndian(size));
        break;
      case 'binary':
        this.skip(this.bigEndian(size));
        break;
      case 'array':
        this.array(this.bigEndian(size), depth);
        break;
      case 'map':
        this.map(this.bigEndian(size), depth);
        break;
      default:
        this.bad(`the type 0x${head.toString(16)} is not used in this protocol`);
    }
  }

  /** Skips a float. Rejects NaN and infinity, in which all exponent bits are set. */
  private finite(size: number): void {
    const at = this.position;
    this.skip(size);
    const lowest = size === 4 ? 0x80 : 0xf0;
    const first = this.bytes[at] ?? 0;
    const second = this.bytes[at + 1] ?? 0;
    if ((first & 0x7f) === 0x7f && (second & lowest) === lowest) this.bad('a number is not finite');
  }

  /** @returns whether it is short and only has ASCII characters. */
  protected skipText(length: number): boolean {
    const start = this.position;
    this.skip(length);
    if (length < shortText) {
      let at = start;
      while (at < this.position && (this.bytes[at] ?? 0) < 0x80) at += 1;
      if (at === this.position) return true;
    }
    if (!isUtf8(this.bytes.subarray(start, this.position))) this.bad('a text is not UTF-8');
    return false;
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
      if (isRepeated) this.bad('a map has the same key twice');
      this.value(depth + 1);
    }
  }

  protected enter(depth: number, values: number): void {
    if (depth >= limits.maxDepth) this.bad(`nested deeper than ${limits.maxDepth} levels`);
    // Each value takes at least a byte, so an impossible length is refused before the loop.
    if (values > this.bytes.length - this.position) this.bad('a length goes past the end of the message');
  }

  private key(): void {
    const head = this.byte();
    const length = head >= 0xa0 && head <= 0xbf ? head & 0x1f : head === 0xd9 ? this.byte() : -1;
    if (length < 0 || length > limits.maxKeyBytes) this.bad('a key is not a short string');
    this.keyStart = this.position;
    this.skipText(length);
    // msgpackr would rename this key.
    if (length === 9 && this.bytes.toString('latin1', this.keyStart, this.position) === '__proto__')
      this.bad('a key is __proto__');
  }

  private isIn(seen: Set<string>): boolean {
    const { size } = seen;
    return seen.add(this.bytes.toString('latin1', this.keyStart, this.position)).size === size;
  }

  /** Whether the last key is among those recorded from `first` to `last`. If not, it is recorded there. */
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
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) this.bad('an integer exceeds 2^53 − 1');
  }

  protected byte(): number {
    const at = this.position;
    this.skip(1);
    return this.bytes[at] ?? 0;
  }

  protected bigEndian(size: number): number {
    const at = this.position;
    this.skip(size);
    return size === 1 ? (this.bytes[at] ?? 0) : this.bytes.readUIntBE(at, size);
  }

  protected skip(length: number): void {
    this.position += length;
    if (this.position > this.bytes.length) this.bad('the message ends too early');
  }

  /** @throws SignalboxError `bad_message` */
  protected bad(what: string): never {
    throw new SignalboxError('bad_message', what);
  }
}

/**
 * Checks that `bytes` is exactly one msgpack value of plain data within the limits of the protocol. Duplicate keys are
 * refused, because decoders differ in which value they use.
 * @returns the number of values, not counting keys.
 * @throws SignalboxError `bad_message`
 */
export function scan(bytes: Buffer, depth = 0): number {
  const scanner = new Scanner(bytes);
  scanner.value(depth);
  if (scanner.position !== bytes.length) throw new SignalboxError('bad_message', 'bytes follow the end of the message');
  return scanner.items;
}
