import { type FromClient, type FromServer, limits, SignalboxError } from '../../schemas/index.ts';
import { MessageWriter, tooLarge } from './message-writer.ts';
import { writeMessage } from './message-writers.ts';
import { fieldDepth } from './scan.ts';

/** A message in its bytes, not yet in a frame with others. */
export interface Encoded {
  /** The frame that holds it alone. Its first byte is the head of that. Nobody writes to it. */
  readonly alone: Buffer;
  /** Bytes that it takes in a frame. */
  readonly length: number;
  /** Values inside: what counts against `maxItems` of a frame. */
  readonly items: number;
}

// One for the whole process: each message is copied out before the next is written.
const writer = new MessageWriter();

/**
 * One message as msgpack. What this returns, the other side's `decodeFrame` takes.
 * @throws SignalboxError `message_too_large` where it would not fit into a frame, `bad_message` where it holds what the
 * protocol does not carry (dates, symbols, large bigints, NaN, more than 16 levels …).
 */
export function encodeMessage(message: FromClient | FromServer): Encoded {
  writer.begin();
  writeMessage(writer, message);
  const alone = writer.frame();
  const length = alone.length - 1;
  if (alone.length > limits.maxMessageBytes) throw tooLarge(length);
  const { items } = writer;
  // The frame around it is a value too.
  if (items >= limits.maxItems) throw tooManyItems();
  return { alone, length, items };
}

/**
 * Bytes that a value takes in a message, wherever it stands in one: what this takes can be sent as args, result or record.
 * @throws SignalboxError as `encodeMessage` does.
 */
export function sizeOf(value: unknown): number {
  writer.begin();
  // A result stands in the map of optional fields, a record in its list.
  writer.plain(value, fieldDepth + 1);
  if (writer.items > limits.maxItems - itemsAround) throw tooManyItems();
  return writer.length - 1;
}

/** The frame, the message and its other fields are values too. */
const itemsAround = 32;

const tooManyItems = () => new SignalboxError('bad_message', `more than ${limits.maxItems} values`);

/** The head of a frame: of an array of up to `maxBatchMessages`. */
export const maxFrameHeadBytes = 3;

/** A frame: the msgpack array of these messages. */
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

/** Writes the head of an array of `length`. @returns its bytes. */
function headOf(length: number, frame: Buffer): number {
  if (length < 16) {
    frame[0] = 0x90 | length;
    return 1;
  }
  frame[0] = 0xdc;
  return frame.writeUInt16BE(length, 1);
}
