import { commandNamePattern, jobIdPattern, limits, type MessageId, maxCounter } from '../../schemas/index.ts';
import { unpack } from './plain.ts';
import { fieldDepth, Scanner } from './scan.ts';

/** The encoded beginning of a map whose only field is `result`. */
const mapOfResult = Buffer.from('\x81\xa6result', 'latin1');

/**
 * Reads the fields of messages in sequence. Each method checks the bytes and the type of one field and counts its values,
 * so that a message is read in one pass.
 */
export class FrameReader extends Scanner {
  /** The field that is being read, for error messages. */
  private type = '';
  private fields: readonly string[] = [];
  private at = 0;
  /** The name of the last command and its position: most commands of a frame have the same name. */
  private name = '';
  private nameStart = 0;
  private nameEnd = 0;

  begin(type: string, fields: readonly string[]): void {
    this.type = type;
    this.fields = fields;
    this.at = 0;
  }

  /** Reads the head of an array at this depth. @returns its length; undefined if it is a map. */
  arrayOrMap(depth: number): number | undefined {
    const head = this.bytes[this.position] ?? 0;
    if ((head & 0xf0) === 0x80 || head === 0xde || head === 0xdf) return undefined;
    this.count();
    this.position += 1;
    if ((head & 0xf0) !== 0x90 && head !== 0xdc && head !== 0xdd) this.bad('expected an array');
    const length = head < 0xa0 ? head & 0x0f : this.bigEndian(head === 0xdc ? 2 : 4);
    this.enter(depth, length);
    return length;
  }

  /** Reads a non-negative integer, in any format. */
  uint(): number {
    this.at += 1;
    const value = this.anyNumber();
    if (!Number.isSafeInteger(value) || value < 0) this.bad('expected a whole number from 0');
    return value;
  }

  /** Reads a finite number, in any format. */
  number(): number {
    this.at += 1;
    return this.anyNumber();
  }

  id(): MessageId {
    if (this.isText()) {
      const id = this.text(64);
      if (!jobIdPattern.test(id)) this.bad('expected a job id');
      return id;
    }
    const counter = this.uint();
    if (counter < 1 || counter > maxCounter) this.bad('expected a counter from 1');
    return counter;
  }

  ids(): MessageId[] {
    this.at += 1;
    const length = this.arrayOrMap(fieldDepth);
    if (length === undefined || length > limits.maxBatchMessages) this.bad('expected at most 1,024 job ids');
    const ids: MessageId[] = [];
    for (let left = length; left > 0; left -= 1) ids.push(this.id());
    return ids;
  }

  commandName(): string {
    const start = this.position;
    if (this.isNameAt(start)) {
      this.at += 1;
      this.count();
      this.position += this.nameEnd - this.nameStart;
      return this.name;
    }
    const name = this.text(63);
    if (!commandNamePattern.test(name)) this.bad('expected the name of a command');
    this.name = name;
    this.nameStart = start;
    this.nameEnd = this.position;
    return name;
  }

  text(maxBytes: number): string {
    this.at += 1;
    this.count();
    const head = this.byte();
    const size = head === 0xd9 ? 1 : head === 0xda ? 2 : head === 0xdb ? 4 : undefined;
    const length = (head & 0xe0) === 0xa0 ? head & 0x1f : size === undefined ? -1 : this.bigEndian(size);
    if (length < 0) this.bad('expected a text');
    if (length > maxBytes) this.bad(`longer than ${maxBytes} bytes`);
    const start = this.position;
    const isAscii = this.skipText(length);
    return this.bytes.toString(isAscii ? 'latin1' : 'utf8', start, this.position);
  }

  boolean(): boolean {
    this.at += 1;
    this.count();
    const head = this.byte();
    if (head !== 0xc2 && head !== 0xc3) this.bad('expected true or false');
    return head === 0xc3;
  }

  /** Reads bytes as a view on the frame, without copying. */
  binary(minBytes: number, maxBytes: number): Uint8Array {
    this.at += 1;
    this.count();
    const head = this.byte();
    const size = head === 0xc4 ? 1 : head === 0xc5 ? 2 : head === 0xc6 ? 4 : this.bad('expected binary data');
    const length = this.bigEndian(size);
    if (length < minBytes || length > maxBytes) this.bad(`expected ${minBytes} to ${maxBytes} bytes`);
    const start = this.position;
    this.skip(length);
    return this.bytes.subarray(start, this.position);
  }

  /** Reads one of these words, which is encoded as its number. */
  word<Word extends string>(words: readonly (Word | undefined)[]): Word {
    return words[this.uint()] ?? this.bad('expected the number of a word');
  }

  /** Reads any value that the protocol supports. */
  plain(): unknown {
    this.at += 1;
    const start = this.position;
    // The most common arguments.
    if (this.bytes[start] === 0x80) {
      this.value(fieldDepth);
      return {};
    }
    return this.valueAt(start);
  }

  /**
   * Reads a map that only has `result`, with a number or a boolean: the most common one. It needs no unpacking.
   * @returns undefined for any other map, without reading it.
   */
  onlyResult(): number | boolean | undefined {
    const at = this.position;
    const { bytes } = this;
    for (let place = 0; place < mapOfResult.length; place += 1) {
      if (bytes[at + place] !== mapOfResult[place]) return undefined;
    }
    const head = bytes[at + mapOfResult.length] ?? 0xc0;
    const isBoolean = head === 0xc2 || head === 0xc3;
    if (!isBoolean && head >= 0x80 && (head < 0xcb || head > 0xce)) return undefined;
    this.count();
    this.position = at + mapOfResult.length;
    return isBoolean ? this.boolean() : this.number();
  }

  /** Reads a complete map of the handshake. */
  handshake(): unknown {
    const start = this.position;
    this.value(fieldDepth - 1);
    if (this.position - start > limits.maxHandshakeBytes) this.bad(`over ${limits.maxHandshakeBytes} bytes`);
    return unpack(this.bytes, start, this.position);
  }

  skipField(): void {
    this.value(fieldDepth);
  }

  override bad(what: string): never {
    const field = this.fields[Math.max(0, this.at - 1)];
    return super.bad([this.type, field, what].filter(Boolean).join(': '));
  }

  /** Whether the bytes at `start` are the last name with its head. */
  private isNameAt(start: number): boolean {
    const { bytes, nameStart, nameEnd } = this;
    for (let at = nameStart; at < nameEnd; at += 1) if (bytes[at] !== bytes[start + at - nameStart]) return false;
    return nameEnd > nameStart;
  }

  private isText(): boolean {
    const head = this.bytes[this.position] ?? 0;
    return (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb);
  }

  private count(): void {
    if (++this.items > limits.maxItems) this.bad(`more than ${limits.maxItems} values`);
  }

  /** Reads the formats that our writer uses directly, and others with msgpackr. */
  private anyNumber(): number {
    const at = this.position;
    const head = this.bytes[at] ?? 0xc0;
    if (head < 0x80) {
      this.count();
      this.position += 1;
      return head;
    }
    if (head === 0xcb) {
      this.value(fieldDepth);
      return this.bytes.readDoubleBE(at + 1);
    }
    if (head >= 0xcc && head <= 0xce) {
      this.count();
      this.position += 1;
      return this.bigEndian(head === 0xcc ? 1 : head === 0xcd ? 2 : 4);
    }
    const value = this.valueAt(at);
    return typeof value === 'number' ? value : this.bad('expected a number');
  }

  private valueAt(start: number): unknown {
    this.value(fieldDepth);
    return unpack(this.bytes, start, this.position);
  }
}
