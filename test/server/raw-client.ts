import { type FromClient, fromServerSchema } from '../../schemas/index.ts';
import { decodeFrame, encodeFrame, encodeMessage } from '../../src/wire/codec.ts';
import { dial } from '../../src/wire/dial.ts';

/** A client that says what the test lets it say. */
export async function rawClient(endpoint: string, first: FromClient) {
  const connection = await dial(endpoint, new AbortController().signal);
  const send = (...messages: FromClient[]) => connection.send(encodeFrame(messages.map(encodeMessage)));
  await send(first, { type: 'jobs-end' });
  return {
    send,
    /** Resolves when a command has come. */
    async commanded(): Promise<void> {
      for await (const frame of connection.frames()) {
        if (decodeFrame(frame, fromServerSchema).some(({ type }) => type === 'command')) return;
      }
    },
    [Symbol.asyncDispose]: async () => connection.close(0),
  };
}
