import {
  type FromClient,
  type FromServer,
  limits,
  type MessageId,
  protocolVersion,
  type Welcome,
} from '../../schemas/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';

/** A frame of these messages. */
export const frameOf = (...messages: (FromClient | FromServer)[]): Buffer => encodeFrame(messages.map(encodeMessage));

/** A client's message in a frame, without fields that this version does not know. */
export const readClient = (frame: Buffer): FromClient[] =>
  decodeFrame(frame, fromClient).filter((message) => message.type !== 'unknown');

/** A server's message in a frame, without fields that this version does not know. */
export const readServer = (frame: Buffer): FromServer[] =>
  decodeFrame(frame, fromServer).filter((message) => message.type !== 'unknown');

/** The whole id of a job of the server with this boot id. */
export const wholeId = (id: MessageId, bootId: string): string => (typeof id === 'string' ? id : `${bootId}.${id}`);

/** The message with whole ids, if it names jobs. */
export function withWholeIds<M extends FromClient | FromServer>(message: M, bootId: string): M {
  if (message.type === 'ack') return { ...message, ids: message.ids.map((id) => wholeId(id, bootId)) };
  return 'id' in message ? { ...message, id: wholeId(message.id, bootId) } : message;
}

export function welcomeOf(serverBootId: string, fields: Partial<Welcome> = {}): Welcome {
  const { maxMessageBytes, outputCreditBytes, recordsCredit, heartbeatMs } = limits;
  return {
    type: 'welcome',
    protocol: protocolVersion,
    features: [],
    session: 's',
    serverBootId,
    heartbeatMs,
    sentMs: 0,
    limits: { maxMessageBytes, outputCreditBytes, recordsCredit },
    store: { id: serverBootId, durable: false },
    adopt: false,
    ...fields,
  };
}
