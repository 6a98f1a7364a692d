import { limits, type MessageId, SignalboxError } from '../../schemas/index.ts';
import { pack } from './plain.ts';
import { fieldDepth, scan } from './scan.ts';

/** Maximum size of a field of fixed size. */
const small = 9;
/** Text shorter than this is written character by character. */
const shortText = 24;

/** Writes messages one after the other into a buffer that is reused. */
export class MessageWriter {
  /** Number of values in the message so far. */
  items = 0;
  private buffer = Buffer.allocUnsafeSlow(65_536);
  private at = 0;

  /** Begins a frame with one message. */
  begin(): void {
    this.at = 0;
    this.items = 0;
    this.buffer[this.at++] = 0x91;
  }

  /** Number of bytes in the frame so far. */
  get length(): number {
    return this.at;
  }

  /** Returns a copy of the frame. */
  frame(): Buffer {
    const frame = Buffer.allocUnsafe(this.at);
    this.buffer.copy(frame, 0, 0, this.at);
    return frame;
  }

  /** Writes the head of a message or list: an array of `length` values. */
  array(length: number): void {
    this.count(small);
    if (length < 16) this.buffer[this.at++] = 0x90 | length;
    else {
      this.buffer[this.at++] = 0xdc;
      this.at = this.buffer.writeUInt16BE(length, this.at);
    }
  }

  number(value: number): void {
    this.count(small);
    const { buffer } = this;
    // An integer from 0 to 2^32 − 1. Like msgpackr, this encodes −0 as 0.
    if (value >>> 0 === value) {
      if (value < 0x80) buffer[this.at++] = value;
      else if (value < 0x100) {
        buffer[this.at++] = 0xcc;
        buffer[this.at++] = value;
      } else if (value < 0x10000) {
        buffer[this.at++] = 0xcd;
        this.at = buffer.writeUInt16BE(value, this.at);
      } else {
        buffer[this.at++] = 0xce;
        this.at = buffer.writeUInt32BE(value, this.at);
      }
      return;
    }
    if (Number.isInteger(value) && value < 0) {
      this.at += pack(value).copy(buffer, this.at);
      return;
    }
    if (!Number.isFinite(value)) throw new SignalboxError('bad_message', `${value} is not a finite number`);
    buffer[this.at++] = 0xcb;
    this.at = buffer.writeDoubleBE(value, this.at);
  }

  id(id: MessageId): void {
    if (typeof id === 'number') this.number(id);
    else this.text(id);
  }

  boolean(value: boolean): void {
    this.count(small);
    this.buffer[this.at++] = value ? 0xc3 : 0xc2;
  }

  text(value: string): void {
    this.count(shortText);
    // Short texts are mostly names, for which a call into native code costs more.
    if (value.length < shortText && this.ascii(value)) return;
    if (!value.isWellFormed()) throw new SignalboxError('bad_message', 'a text is not well-formed Unicode');
    const bytes = Buffer.byteLength(value);
    this.reserve(small + bytes);
    const { buffer } = this;
    if (bytes < 32) buffer[this.at++] = 0xa0 | bytes;
    else if (bytes < 0x100) {
      buffer[this.at++] = 0xd9;
      buffer[this.at++] = bytes;
    } else {
      buffer[this.at++] = 0xdb;
      this.at = buffer.writeUInt32BE(bytes, this.at);
    }
    this.at += buffer.write(value, this.at, 'utf8');
  }

  /** @returns false, with nothing written, if the text has characters that are not ASCII. */
  private ascii(value: string): boolean {
    const { length } = value;
    const start = this.at + 1;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      this.buffer[start + index] = code;
    }
    this.buffer[this.at] = 0xa0 | length;
    this.at = start + length;
    return true;
  }

  binary(data: Uint8Array): void {
    this.count(small + data.length);
    this.buffer[this.at++] = 0xc6;
    this.at = this.buffer.writeUInt32BE(data.length, this.at);
    this.buffer.set(data, this.at);
    this.at += data.length;
  }

  /** Writes any value that the protocol supports. */
  plain(value: unknown, depth = fieldDepth): void {
    if (typeof value === 'number') this.number(value);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value === 'boolean') this.boolean(value);
    else if (isEmptyMap(value)) {
      this.count(small);
      this.buffer[this.at++] = 0x80;
    } else {
      const packed = pack(value);
      if (packed.length > limits.maxMessageBytes) throw tooLarge(packed.length);
      const items = scan(packed, depth);
      this.count(packed.length);
      this.items += items - 1;
      this.at += packed.copy(this.buffer, this.at);
    }
  }

  /** Writes a complete map of the handshake. */
  handshake(message: object): void {
    const start = this.at;
    this.plain(message, fieldDepth - 1);
    const bytes = this.at - start;
    if (bytes > limits.maxHandshakeBytes) throw tooLarge(bytes, limits.maxHandshakeBytes);
  }

  /** Writes the map of optional fields with only this `result`. */
  onlyResult(result: unknown): void {
    this.count(small);
    this.buffer[this.at++] = 0x81;
    this.at += this.buffer.write('\xa6result', this.at, 'latin1');
    this.plain(result, fieldDepth + 1);
  }

  /** Counts a value and reserves room for it. */
  private count(bytes: number): void {
    this.items += 1;
    this.reserve(bytes);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    // Checked first, so that a message that cannot be sent does not grow the buffer.
    if (bytes > limits.maxMessageBytes) throw tooLarge(bytes);
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

export function tooLarge(bytes: number, maxBytes = limits.maxMessageBytes): SignalboxError {
  return new SignalboxError('message_too_large', `${bytes} bytes exceeds ${maxBytes} per message`);
}

function isEmptyMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const _ in value) return false;
  return true;
}
