import { limits, misplacedField, SignalboxError } from '../../schemas/index.ts';
import { FrameReader } from './frame-reader.ts';
import type { Direction, Unknown } from './message-readers.ts';

/**
 * Decodes and checks the messages of a frame in one pass, in order.
 * @throws SignalboxError `bad_message` if the bytes are not a frame of this protocol. It throws nothing else.
 */
export function decodeFrame<M>(frame: Buffer, direction: Direction<M>): (M | Unknown)[] {
  if (frame.length > limits.maxMessageBytes) {
    throw new SignalboxError('bad_message', `a frame of ${frame.length} bytes is over ${limits.maxMessageBytes}`);
  }
  const fields = new FrameReader(frame);
  const length = fields.arrayOrMap(0);
  if (length === undefined) return fields.bad('a frame is an array of messages');
  if (length > limits.maxBatchMessages) return fields.bad('too many messages in one frame');
  const messages: (M | Unknown)[] = [];
  for (let left = length; left > 0; left -= 1) messages.push(messageOf(fields, direction));
  if (fields.position !== frame.length) return fields.bad('bytes follow the end of the message');
  return messages;
}

const unknown: Unknown = { type: 'unknown' };

function messageOf<M>(fields: FrameReader, { handshake, byCode }: Direction<M>): M | Unknown {
  fields.begin('message', []);
  const length = fields.arrayOrMap(1);
  if (length === undefined) return handshakeOf(fields, handshake);
  if (length === 0) return fields.bad('a message has a code');
  const kind = byCode[fields.uint()];
  let left = length - 1;
  let message: M | Unknown = unknown;
  if (kind) {
    const { type, required, optional, rules } = kind;
    fields.begin(type, required);
    if (left < required.length) return fields.bad(`${required.length} fields are required`);
    message = kind.read(fields);
    left -= required.length;
    if (left > 0 && optional) {
      fields.begin(type, []);
      optional(fields, message as object);
      left -= 1;
    }
    const misplaced = rules && misplacedField(rules, message as Readonly<Record<string, unknown>>);
    if (misplaced !== undefined) {
      fields.begin(type, []);
      return fields.bad(misplaced);
    }
  }
  // Fields of a later version of the protocol.
  for (; left > 0; left -= 1) fields.skipField();
  return message;
}

function handshakeOf<M>(fields: FrameReader, schema: Direction<M>['handshake']): M | Unknown {
  const map = fields.handshake();
  const type = typeof map === 'object' && map !== null && 'type' in map ? map.type : undefined;
  if (typeof type !== 'string') return fields.bad('a map has a type');
  const parsed = schema.safeParse(map);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  // A map whose type is only known to a later version of the protocol.
  if (issue?.path.length === 1 && issue.path[0] === 'type') return unknown;
  fields.begin(type.slice(0, 32), []);
  return fields.bad([issue?.path.join('.'), issue?.message].filter(Boolean).join(': '));
}
