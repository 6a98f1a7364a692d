import { type Options, Packr } from 'msgpackr';
import type { z } from 'zod';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { scan } from './scan.ts';

const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
  // Missing from msgpackr's types. Without it an absent field travels as an extension type.
  skipValues: [undefined],
};
// One for the whole process: making one costs more than a thousand messages.
const packr = new Packr(options);

/** A message in its bytes, not yet in a frame. */
export interface Encoded {
  readonly bytes: Buffer;
  /** Values inside: what counts against `maxItems` of a frame. */
  readonly items: number;
}

/**
 * One message as msgpack. What this returns, the other side's `decodeFrame` takes.
 * @throws SignalboxError `message_too_large` where it would not fit into a frame, `bad_message` where it holds what the
 * protocol does not carry (dates, symbols, large bigints, more than 16 levels …).
 */
export function encodeMessage(message: object): Encoded {
  const bytes = pack(message);
  if (bytes.length > limits.maxMessageBytes - 5) {
    throw new SignalboxError('message_too_large', `${bytes.length} bytes is over ${limits.maxMessageBytes} a message`);
  }
  const items = scan(bytes, 1);
  // The frame around it is a value too.
  if (items >= limits.maxItems) throw new SignalboxError('bad_message', `more than ${limits.maxItems} values`);
  return { bytes, items };
}

/** msgpackr throws errors of its own for symbols, large bigints, and what holds itself. */
function pack(message: object): Buffer {
  try {
    return packr.pack(message);
  } catch (error) {
    throw SignalboxError.from(error, 'bad_message');
  }
}

/** The msgpack head of an array of `length`. */
function arrayHead(length: number): Buffer {
  return length < 16 ? Buffer.from([0x90 | length]) : Buffer.from([0xdc, length >> 8, length & 0xff]);
}

/** A frame: the msgpack array of these messages. */
export function encodeFrame(messages: readonly Encoded[]): Buffer {
  return Buffer.concat([arrayHead(messages.length), ...messages.map(({ bytes }) => bytes)]);
}

/**
 * The messages of a frame, in order.
 * @throws SignalboxError `bad_message`, for any bytes that are not a frame of this protocol; never anything else.
 */
export function decodeFrame<Schema extends z.ZodType>(frame: Buffer, schema: Schema): z.infer<Schema>[] {
  if (frame.length > limits.maxMessageBytes) throw new SignalboxError('bad_message', 'the frame is too long');
  scan(frame);
  let batch: unknown;
  try {
    batch = packr.unpack(frame);
  } catch (error) {
    throw SignalboxError.from(error, 'bad_message');
  }
  if (!Array.isArray(batch)) throw new SignalboxError('bad_message', 'a frame is an array of messages');
  if (batch.length > limits.maxBatchMessages) throw new SignalboxError('bad_message', 'too many messages in one frame');
  return batch.map((message) => {
    const parsed = schema.safeParse(message);
    if (parsed.success) return parsed.data;
    throw new SignalboxError('bad_message', describeIssue(message, parsed.error));
  });
}

function describeIssue(message: unknown, error: z.ZodError): string {
  const given = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
  const type = typeof given === 'string' ? given : 'message';
  const issue = error.issues[0];
  return `${type.slice(0, 32)}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`.slice(0, 256);
}
