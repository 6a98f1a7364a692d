import { type FromClient, type FromServer, limits, SignalboxError } from '../../schemas/index.ts';
import { MessageWriter, tooLarge } from './message-writer.ts';
import { writeMessage } from './message-writers.ts';
import { fieldDepth } from './scan.ts';

/** An encoded message that is not yet part of a larger frame. */
export interface Encoded {
  /** The frame that contains only this message; its first byte is the array head. Must not be modified. */
  readonly alone: Buffer;
  /** Number of bytes that the message takes in a frame. */
  readonly length: number;
  /** Number of values in the message, which counts against `maxItems` of a frame. */
  readonly items: number;
}

// One for the whole process: each message is copied out before the next one is written.
const writer = new MessageWriter();

/**
 * Encodes one message as msgpack. `decodeFrame` of the other side accepts every message that this returns.
 * @throws SignalboxError `message_too_large` if it does not fit into a frame; `bad_message` if it contains a value that
 * the protocol does not support (dates, symbols, large bigints, NaN, more than 16 levels …).
 */
export function encodeMessage(message: FromClient | FromServer): Encoded {
  writer.begin();
  writeMessage(writer, message);
  const alone = writer.frame();
  const length = alone.length - 1;
  if (alone.length > limits.maxMessageBytes) throw tooLarge(length);
  const { items } = writer;
  // The frame itself counts as a value, too.
  if (items >= limits.maxItems) throw tooManyItems();
  return { alone, length, items };
}

/**
 * Returns the encoded size of a value in bytes. A value that this accepts can be sent as args, result or record.
 * @throws SignalboxError as `encodeMessage` does.
 */
export function sizeOf(value: unknown): number {
  writer.begin();
  // A result is nested in the map of optional fields, a record in its list.
  writer.plain(value, fieldDepth + 1);
  if (writer.items > limits.maxItems - itemsAround) throw tooManyItems();
  return writer.length - 1;
}

/** An allowance for the frame, the message and its other fields, which are values, too. */
const itemsAround = 32;

const tooManyItems = () => new SignalboxError('bad_message', `more than ${limits.maxItems} values`);

/** Size of the array head of a frame with up to `maxBatchMessages` messages. */
export const maxFrameHeadBytes = 3;

/** Encodes a frame: the msgpack array of these messages. */
export function encodeFrame(messages: readonly Encoded[]): Buffer {
  const [only] = messages;
  if (only && messages.length === 1) return only.alone;
  let length = maxFrameHeadBytes;
  for (const message of messages) length += message.length;
  const frame = Buffer.allocUnsafe(length);
  let at = headOf(messages.length, frame);
  for (const { alone } of messages) at += alone.copy(frame, at, 1);
  return frame.subarray(0, at);
}

/** Writes the head of an array of `length`. @returns the number of bytes written. */
function headOf(length: number, frame: Buffer): number {
  if (length < 16) {
    frame[0] = 0x90 | length;
    return 1;
  }
  frame[0] = 0xdc;
  return frame.writeUInt16BE(length, 1);
}
