import { clientNameSchema, limits, protocolVersion, SignalboxError } from '../../schemas/index.ts';
import { headOf } from './heads.ts';
import { unpack } from './plain.ts';

/** The range of protocol versions that a client supports. */
export interface Offer {
  readonly min: number;
  readonly max: number;
  /** The name of the client, if it is valid in this version. */
  readonly name?: string;
}

/**
 * Finds the versions that a `hello` offers, whatever else the frame contains: a later version may have other rules, even
 * for its encoding. Version 1 had a single number.
 * @returns undefined if the frame has no recognizable `hello` with a version.
 */
export function offeredProtocol(frame: Buffer): Offer | undefined {
  const reader = new LenientReader(frame);
  const head = frame[0] ?? 0;
  // An array around the message. Its length does not matter.
  if ((head & 0xf0) === 0x90) reader.position = 1;
  else if (head === 0xdc) reader.position = 3;
  else if (head === 0xdd) reader.position = 5;
  const hello = reader.map(['type', 'protocol', 'name']);
  if (hello?.type?.text() !== 'hello') return undefined;
  const { protocol } = hello;
  const single = protocol?.at().number();
  const range = protocol?.at().map(['min', 'max']);
  const [min, max] = [single ?? range?.min?.number(), single ?? range?.max?.number()];
  if (min === undefined || max === undefined) return undefined;
  const { data: name } = clientNameSchema.safeParse(hello.name?.text());
  return { min, max, ...(name !== undefined && { name }) };
}

export const speaks = ({ min, max }: Offer): boolean => min <= protocolVersion && protocolVersion <= max;

export function unsupportedProtocol({ min, max }: Offer): SignalboxError {
  const theirs = min === max ? `version ${max}` : `versions ${min} to ${max}`;
  const todo = `update ${max < protocolVersion ? 'the client' : 'the server'}`;
  const text = `the server has version ${protocolVersion} of the protocol, the client ${theirs}: ${todo}`;
  return new SignalboxError('unsupported_protocol', text);
}

/** Skips any value of msgpack, even those that this protocol refuses. Reading past the end returns 0. */
class LenientReader {
  position: number;
  private readonly bytes: Buffer;
  private skipped = 0;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  /** Stops at the end, and at the maximum number of values of any version, so that a hostile frame does not take long. */
  private get isMore(): boolean {
    return this.position < this.bytes.length && this.skipped < limits.maxItems;
  }

  at(): LenientReader {
    return new LenientReader(this.bytes, this.position);
  }

  /** Returns readers at the values of these keys; undefined if this is not a map. */
  map<Key extends string>(keys: readonly Key[]): Partial<Record<Key, LenientReader>> | undefined {
    const head = this.big(1);
    const length =
      (head & 0xf0) === 0x80 ? head & 0x0f : head === 0xde ? this.big(2) : head === 0xdf ? this.big(4) : undefined;
    if (length === undefined) return undefined;
    const found: Partial<Record<Key, LenientReader>> = {};
    for (let left = length; left > 0 && this.isMore; left -= 1) {
      const name = this.at().text();
      this.skip();
      const key = keys.find((one) => one === name);
      if (key !== undefined) found[key] ??= this.at();
      this.skip();
    }
    return found;
  }

  text(): string | undefined {
    const head = this.big(1);
    const size = head === 0xd9 ? 1 : head === 0xda ? 2 : head === 0xdb ? 4 : undefined;
    const length = (head & 0xe0) === 0xa0 ? head & 0x1f : size && this.big(size);
    return length === undefined ? undefined : this.bytes.toString('latin1', this.position, this.position + length);
  }

  /** Reads a non-negative integer, in any format. */
  number(): number | undefined {
    const start = this.position;
    const head = this.bytes[start] ?? 0xc1;
    if (head >= 0x80 && (head < 0xca || head > 0xd3)) return undefined;
    this.skip();
    if (this.position > this.bytes.length) return undefined;
    const value = unpack(this.bytes, start, this.position);
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
  }

  /** Without recursion, because the sender controls the nesting. */
  private skip(): void {
    for (let left = 1; left > 0 && this.isMore; left -= 1) {
      this.skipped += 1;
      left += this.head();
    }
  }

  /** Skips a head and its bytes. @returns the number of nested values. */
  private head(): number {
    const head = this.big(1);
    if (head < 0x80 || head >= 0xe0) return 0;
    if (head < 0x90) return 2 * (head & 0x0f);
    if (head < 0xa0) return head & 0x0f;
    if (head < 0xc0) return this.over(head & 0x1f);
    const { kind, size } = headOf(head);
    if (kind === 'array') return this.big(size);
    if (kind === 'map') return 2 * this.big(size);
    if (kind === 'text' || kind === 'binary') return this.over(this.big(size));
    // The length of an extension does not include its type byte.
    return this.over(kind === 'extension' ? this.big(size) + 1 : size);
  }

  private over(bytes: number): 0 {
    this.position += bytes;
    return 0;
  }

  private big(size: number): number {
    let value = 0;
    for (let index = 0; index < size; index += 1) value = value * 0x100 + (this.bytes[this.position + index] ?? 0);
    this.position += size;
    return value;
  }
}
