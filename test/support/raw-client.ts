import { type FromClient, type FromServer, fromServerSchema } from '../../schemas/index.ts';
import { decodeFrame, encodeFrame, encodeMessage } from '../../src/wire/codec.ts';
import { dial } from '../../src/wire/dial.ts';
import { framesOf } from './pulled.ts';

/** A client that says what the test lets it say. */
export async function rawClient(endpoint: string, first: FromClient) {
  const connection = await dial(endpoint, new AbortController().signal);
  const send = (...messages: FromClient[]) => connection.send(encodeFrame(messages.map(encodeMessage)));
  await send(first, { type: 'jobs-end' });
  return {
    send,
    /** Resolves when a message of this type has come. */
    async first(type: FromServer['type']): Promise<void> {
      for await (const frame of framesOf(connection)) {
        if (decodeFrame(frame, fromServerSchema).some((message) => message.type === type)) return;
      }
    },
    [Symbol.asyncDispose]: async () => connection.close(0),
  };
}
