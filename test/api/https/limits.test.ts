import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { beforeEach, expect, test } from 'vitest';
import { hasOpenssl } from './certificates.ts';
import { grpcOver, openHttps, type Shown, ways } from './open-https.ts';

beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
});

const portOf = (url: string) => Number(new URL(url).port);
const secure = async (url: string, ca: string) => {
  const socket = connect({ host: '127.0.0.1', port: portOf(url), ca: readFileSync(ca) });
  await once(socket, 'secureConnect');
  return socket;
};
const ended = async (socket: Socket) => {
  socket.on('error', () => {});
  socket.resume();
  // An error arrives before it.
  await new Promise((resolve) => socket.once('close', resolve));
};
const get = (token: string, ...more: string[]) =>
  [
    'GET /signalbox.v1.ServerService/GetInfo?connect=v1&encoding=json&message=%7B%7D HTTP/1.1',
    ...['Host: x', `Authorization: Bearer ${token}`, ...more],
    '\r\n',
  ].join('\r\n');

test('over the limit of failed sign-ins per minute, failed ones get the time of the next try; valid ones succeed', async () => {
  const here = ways.filter(([, , missing]) => missing === undefined);
  const { url, authority, add, ends } = await openHttps({ limits: { maxFailedSignInsAMinute: here.length } });
  const token = await add('ada');
  const shown = (of: string): Shown => ({ ca: authority.cert, token: of });
  for (const [, open] of here) {
    expect(await open(url, shown('sbx_x'), ends)('ServerService/GetInfo', {})).toMatchObject({
      status: 'unauthenticated',
    });
  }
  const socket = await secure(url, authority.cert);
  socket.end(get('sbx_x', 'Connection: close'));
  const refusal = await text(socket);
  expect(refusal).toMatch(/^HTTP\/1.1 429 [\s\S]*"resource_exhausted"/);
  const [, seconds] = /\r\nretry-after: ([1-9]\d*)\r\n/.exec(refusal) ?? [];
  expect(Number(seconds)).toBeLessThanOrEqual(Math.ceil(60 / here.length));
  expect(await grpcOver(url, shown('sbx_x'), ends)('ServerService/GetInfo', {})).toMatchObject({
    status: 'resource_exhausted',
    detail: { code: 'busy', retry: true },
  });
  for (const [, open] of here) {
    expect(await open(url, shown(token), ends)('ServerService/GetInfo', {})).toMatchObject({ status: 'ok' });
  }
});

test('a stranger that fails too often is disconnected, and nobody else is affected', async () => {
  const { url, authority, add, ends, news } = await openHttps({ limits: { maxFailuresOfConnection: 5 } });
  const socket = await secure(url, authority.cert);
  socket.write(get('sbx_x').repeat(50));
  await ended(socket);
  expect(news.filter(({ type }) => type === 'sign-in failed').length).toBeLessThanOrEqual(50);
  const call = grpcOver(url, { ca: authority.cert, token: await add('ada') }, ends);
  expect(await call('ServerService/GetInfo', {})).toMatchObject({ status: 'ok' });
});

test('a stalled handshake, garbage, and a client that is silent after the handshake are disconnected', async () => {
  const { url, authority, news } = await openHttps({ limits: { handshakeMs: 100, requestMs: 100 } });
  const silent = dial(portOf(url), '127.0.0.1');
  await ended(silent);
  const noise = dial(portOf(url), '127.0.0.1');
  noise.write('GET / HTTP/1.1\r\n\r\n');
  await ended(noise);
  await ended(await secure(url, authority.cert));
  expect(news.map(({ type }) => type)).toEqual(['handshake failed', 'handshake failed']);
});

test('connections over the limit of strangers per address are closed before their handshake', async () => {
  const { url, authority, news } = await openHttps({ limits: { maxStrangersOfAddress: 1 } });
  const first = await secure(url, authority.cert);
  await ended(dial(portOf(url), '127.0.0.1'));
  expect(news).toEqual([
    { type: 'connection refused', reason: 'too many strangers of this address', address: '127.0.0.1' },
  ]);
  first.destroy();
});

test('headers that are too large, and a long body before sign-in, are not read', async () => {
  const { url, authority, add } = await openHttps();
  const large = await secure(url, authority.cert);
  large.write(get(await add('ada'), `X: ${'x'.repeat(20_000)}`));
  expect(await text(large)).toMatch(/^HTTP\/1.1 431 /);
  const long = await secure(url, authority.cert);
  long.write('POST /signalbox.v1.JobService/Submit HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{');
  expect(await text(long)).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close/i);
});

test('a connection without a call ends', async () => {
  const { url, authority, add } = await openHttps({ limits: { idleMs: 50 } });
  const socket = await secure(url, authority.cert);
  socket.write(get(await add('ada')));
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /);
});

test('two connections from one port to two addresses of the server count as two', async () => {
  const { url, authority, add, news } = await openHttps({ host: '0.0.0.0', limits: { maxConnections: 1 } });
  const token = await add('ada');
  // With another `localAddress` its port can be used again.
  const first = dial({ host: '127.0.0.1', port: portOf(url), localAddress: '127.0.0.1' });
  await once(first, 'connect');
  const second = dial({ host: '127.0.0.2', port: portOf(url), localAddress: '127.0.0.1', localPort: first.localPort });
  await once(second, 'connect');
  for (const socket of [first, second]) {
    const encrypted = connect({ socket, host: '127.0.0.1', ca: readFileSync(authority.cert) });
    await once(encrypted, 'secureConnect');
    encrypted.write(get(token));
    await once(encrypted, 'data');
  }
  for (const socket of [first, second]) {
    socket.end();
    await ended(socket);
  }
  const next = await secure(url, authority.cert);
  next.end(get(token, 'Connection: close'));
  expect(await text(next)).toMatch(/^HTTP\/1.1 200/);
  expect(news.filter(({ type }) => type === 'connection refused')).toEqual([]);
});
