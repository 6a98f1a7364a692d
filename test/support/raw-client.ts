import type { FromClient, FromServer } from '../../schemas/index.ts';
import { dial } from '../../src/wire/dial.ts';
import { framesOf } from './pulled.ts';
import { frameOf, readServer } from './wire.ts';

/** A client whose messages the test decides. */
export async function rawClient(endpoint: string, first: FromClient, elsewhere = 0) {
  const connection = await dial(endpoint, new AbortController().signal);
  const send = (...messages: FromClient[]) => connection.send(frameOf(...messages));
  await send(first, { type: 'jobs-end', elsewhere });
  return {
    send,
    /** Resolves when a message of this type has arrived. */
    async first(type: FromServer['type']): Promise<void> {
      for await (const frame of framesOf(connection)) {
        if (readServer(frame).some((message) => message.type === type)) return;
      }
    },
    [Symbol.asyncDispose]: async () => connection.close(0),
  };
}
