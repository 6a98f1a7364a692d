import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { NatsConnection } from './contenders/nats-connection.ts';

async function connect() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted: Promise<Socket[]> = once(server, 'connection');
  const connection = await NatsConnection.open(address.port);
  const [socket] = await accepted;
  if (!socket) throw new Error('no connection');
  return { server, socket: socket.setNoDelay(true), connection };
}

test('a message arrives whole wherever its bytes are cut', async () => {
  const { server, socket, connection } = await connect();
  const said: string[] = [];
  const all = Promise.withResolvers<void>();
  connection.subscribe('a', (payload, reply, subject) => {
    if (said.push(`${subject} ${reply} ${payload}`) === 3) all.resolve();
  });
  const bytes = 'INFO {}\r\nMSG a 0 r 4\r\nx\r\ny\r\nPING\r\nMSG a 0 0\r\n\r\nMSG a 0 2\r\nok\r\n';
  for (const byte of bytes) {
    socket.write(byte);
    await new Promise(setImmediate);
  }
  await all.promise;
  expect(said).toEqual(['a r x\r\ny', 'a undefined ', 'a undefined ok']);
  connection.close();
  server.close();
});
