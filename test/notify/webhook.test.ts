import { once } from 'node:events';
import { createServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { createWebhook } from '../../src/notify/channels/webhook.ts';
import { DeliveryFailure } from '../../src/plugin/channel.ts';
import { Receiver, secret, status } from './support/receiver.ts';

const message = { id: 'msg_1', body: '{"type":"job.settled"}', event: 'job.settled', text: 'x', count: 1 };
const attempt = () => ({ signal: new AbortController().signal, nowMs: Date.now() });

const headersOf = ({ headers }: Receiver['received'][number]) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

test('a published library of Standard Webhooks verifies each post, which is signed anew', async () => {
  await using receiver = await Receiver.open();
  const webhook = createWebhook({ url: receiver.url, secret });
  await webhook.send(message, attempt());
  const hourAgo = { ...attempt(), nowMs: Date.now() - 3_600_000 };
  await webhook.send(message, hourAgo);
  const [fresh, old] = receiver.received;
  if (!fresh || !old) throw new Error('nothing was received');
  expect(new Webhook(secret).verify(fresh.body, headersOf(fresh))).toEqual({ type: 'job.settled' });
  expect(fresh.headers['webhook-id']).toBe('msg_1');
  // A signature with the time of the message would be refused when the message is retried an hour later.
  expect(() => new Webhook(secret).verify(old.body, headersOf(old))).toThrow(/too old/);
  expect(() =>
    new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`).verify(fresh.body, headersOf(fresh)),
  ).toThrow();
});

test.each([
  [500, 'it answered 500', false],
  [404, 'it answered 404', false],
  [302, 'it answered 302, and redirects are not followed', false],
  [410, 'it answered 410 (gone)', true],
])('%i is a failure', async (code, words, isFinal) => {
  await using receiver = await Receiver.open();
  receiver.answer = status(code, { location: `${receiver.url}/elsewhere` });
  const webhook = createWebhook({ url: receiver.url, secret });
  await expect(webhook.send(message, attempt())).rejects.toMatchObject({ message: words, isFinal });
  expect(receiver.received).toHaveLength(1);
});

test('Retry-After is respected', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = status(503, { 'retry-after': '120' });
  await expect(createWebhook({ url: receiver.url, secret }).send(message, attempt())).rejects.toMatchObject({
    afterMs: 120_000,
  });
});

test('an answer without an end is a success by its status, and is cut off', async () => {
  await using receiver = await Receiver.open();
  const cut = Promise.withResolvers<void>();
  receiver.answer = (response) => {
    response.on('close', () => cut.resolve());
    const flood = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
      response.once('drain', flood);
    };
    flood();
  };
  await createWebhook({ url: receiver.url, secret }).send(message, attempt());
  await cut.promise;
});

test('a receiver that does not answer in time fails, and so does a missing one', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = () => {};
  const slow = createWebhook({ url: receiver.url, secret, timeoutMs: 50 });
  await expect(slow.send(message, attempt())).rejects.toThrow('no answer within 0.05 s');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  const dead = createWebhook({ url: `http://127.0.0.1:${port}/`, secret });
  await expect(dead.send(message, attempt())).rejects.toThrow(/ECONNREFUSED/);
});

test.each(['', 'whsec_', 'whsec_dG9vc2hvcnQ=', Buffer.alloc(32, 7).toString('base64'), `whsec_${'*'.repeat(44)}`])(
  'the secret %j is refused without being said',
  (wrong) => {
    const create = () => createWebhook({ url: 'https://hooks.example/x', secret: wrong });
    expect(create).toThrow(/it is not a valid secret: whsec_/);
    if (wrong.length > 6) expect(create).not.toThrow(new RegExp(wrong.replaceAll(/[*+]/g, String.raw`\$&`)));
  },
);

test('the shown address has no path, because that may be a secret', () => {
  expect(createWebhook({ url: 'https://hooks.example/services/T0/B0/secret', secret }).about).toBe(
    'webhook https://hooks.example',
  );
});

test.each([
  [
    'an answer that switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  ],
  ['an answer that is no HTTP', '220 smtp.example ESMTP\r\n'],
  ['a header without an end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`],
])('%s is a failure at once', async (_, answer) => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.write(answer));
    stack.defer(() => void socket.destroy());
  }).listen(0, '127.0.0.1');
  stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(createWebhook({ url: `http://127.0.0.1:${port}/`, secret }).send(message, attempt())).rejects.toThrow(
    DeliveryFailure,
  );
});
