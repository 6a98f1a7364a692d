import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { AllowedBrokers } from '../../../../src/plugins/check/kafka/allowed-brokers.ts';
import { KafkaLink } from '../../../../src/plugins/check/kafka/kafka-link.ts';

test.for([
  ['in the clear', {}],
  ['with TLS', { tls: { ca: [] } }],
] as const)('a link ends while a broker has not answered its first request: %s', async ([, credentials]) => {
  await using broker = createServer();
  broker.listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const address = broker.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const link = new KafkaLink({
    brokers: [{ host: '127.0.0.1', port }],
    allowed: AllowedBrokers.of(`127.0.0.1:${port}`),
    clientId: 'test',
    readCredentials: async () => credentials,
  });
  const tally = { delivered: 0, waiting: 0, dropped: 0 };
  link.sender('checks').add({ key: 'a', value: '1', atMs: 0, tally });
  const [socket] = (await once(broker, 'connection')) as [Socket];
  await once(socket, 'data');
  await link[Symbol.asyncDispose]();
  expect(tally).toEqual({ delivered: 0, waiting: 1, dropped: 0 });
});
