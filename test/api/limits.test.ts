import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobKey, JobView } from '../../src/index.ts';
import { pathOf } from './callers.ts';
import { connectCaller } from './connect-caller.ts';
import { hang, openApi, say } from './open-api.ts';

/** Connects, and sends these bytes. */
function dial(path: string, bytes: string | Buffer = ''): Socket {
  const socket = connect(path);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  return socket;
}

function session(path: string): ClientHttp2Session {
  const opened = connectHttp2('http://localhost', { createConnection: () => connect(path) });
  opened.on('error', () => {});
  onTestFinished(() => opened.destroy());
  return opened;
}

/** Everything that arrives until the other side closes. */
async function answerOf(socket: Socket): Promise<string> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const said = await text(socket).catch(() => '');
  await closed;
  return said;
}

const post = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');
const info = '/signalbox.v1.ServerService/GetInfo';
const isServing = async (path: string) =>
  (await connectCaller(path, true)('ServerService/GetInfo', {})).status === 'ok';

test('HTTP/1.1: a caller that does not finish a request is disconnected', async () => {
  const { paths } = await openApi({ limits: { requestMs: 40 } });
  const slow = [
    dial(paths.connect, 'POST /signal'),
    dial(paths.connect, post(info).slice(0, -2)),
    dial(paths.connect, `${post(info, 'Content-Length: 100')}{`),
    dial(paths.connect, `${post(info, 'Transfer-Encoding: chunked')}1\r\n{\r\n`),
  ];
  for (const said of await Promise.all(slow.map(answerOf))) expect(said).not.toContain('200 OK');
});

test('gRPC accepts any host name: some clients write the path of the socket', async () => {
  const { paths } = await openApi();
  const headers = { ':method': 'POST', ':path': info, 'content-type': 'application/grpc', ':authority': '%2Fx.sock' };
  const stream = session(paths.grpc).request(headers);
  stream.on('error', () => {});
  stream.end(Buffer.alloc(5)).resume();
  const [trailers] = await Promise.race([once(stream, 'trailers'), once(stream, 'close')]);
  expect(trailers).toMatchObject({ 'grpc-status': '0' });
});

test('a deadline of more than 24 days does not become 1 ms', async () => {
  const { server, paths } = await openApi();
  const watch = '/signalbox.v1.EventService/Watch';
  const headers = {
    ':method': 'POST',
    ':path': watch,
    'content-type': 'application/grpc',
    'grpc-timeout': '99999999H',
  };
  const stream = session(paths.grpc).request(headers);
  stream.on('error', () => {});
  stream.end(Buffer.alloc(5));
  const lines = dial(paths.connect, `${post(watch, 'Connect-Timeout-Ms: 9999999999', 'Content-Length: 2')}{}`);
  const said: [grpc: string, json: string] = ['', ''];
  stream.on('data', (data) => (said[0] += data));
  lines.on('data', (data) => (said[1] += data));
  await Promise.all([once(stream, 'data'), once(lines, 'data')]);
  await (await server.submit('w1', hang, {})).accepted;
  const hears = expect.stringContaining('hang');
  await expect.poll(() => said, { interval: 1, timeout: 10_000 }).toEqual([hears, hears]);
});

test('HTTP/2: a caller that is silent, or does not finish a request, is disconnected', async () => {
  const { paths } = await openApi({ limits: { requestMs: 400 } });
  await answerOf(dial(paths.grpc));
  const opened = session(paths.grpc);
  const stream = opened.request({ ':method': 'POST', ':path': info, 'content-type': 'application/grpc' });
  stream.on('error', () => {});
  stream.write(Buffer.from([0, 0, 0, 0, 9]));
  await new Promise((resolve) => stream.resume().once('close', resolve));
});

test('a connection over the limit is closed at once, and one that ends frees a place', async () => {
  const { paths } = await openApi({ limits: { maxConnections: 2 } });
  const held = [dial(paths.connect), dial(paths.connect)];
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  expect(await answerOf(dial(paths.connect, post(info, 'Content-Length: 2')))).toBe('');
  const [first] = held;
  first?.destroy();
  await expect.poll(() => isServing(paths.connect), { interval: 1, timeout: 10_000 }).toBe(true);
});

test('an HTTP/2 connection has a limit of concurrent calls, which it announces', async () => {
  const { paths } = await openApi({ limits: { maxStreams: 3 } });
  const [settings] = await once(session(paths.grpc), 'remoteSettings');
  expect(settings.maxConcurrentStreams).toBe(3);
});

test('long calls have a limit, and one that ends frees a place', async () => {
  const { paths } = await openApi({ limits: { maxFollowers: 1 } });
  const call = connectCaller(paths.connect, true);
  const begun = Promise.withResolvers<void>();
  const first = call('EventService/Watch', {}, { until: 'jobSubmitted', onMessage: () => begun.resolve() });
  await begun.promise;
  for (const [method, request] of [
    ['EventService/Watch', {}],
    ['ClientService/WaitForClients', { count: 9 }],
    ['JobService/Wait', { id: 'abcdefgh.1' }],
    ['JobService/Output', { job: { id: 'abcdefgh.1', client: 'w1' }, follow: true }],
  ] as const) {
    expect(await call(method, request)).toMatchObject({
      status: 'resource_exhausted',
      detail: { code: 'busy', retry: true },
    });
  }
  await call('JobService/Submit', { targets: ['w1'], command: 'ping' });
  await first;
  const again = async () => (await call('EventService/Watch', {}, { until: 'bootId' })).status;
  await expect.poll(again, { interval: 1, timeout: 10_000 }).toBe('ok');
});

test('streams have a separate limit, and one that ends frees a place', async () => {
  const { server, paths, ends } = await openApi({ limits: { maxReaders: 1 } });
  const group = await server.submit('w1', say, { text: 'hi' });
  await group.outcomes;
  vi.spyOn(server, 'as').mockReturnValue(server);
  const [asked, listed] = [Promise.withResolvers<void>(), Promise.withResolvers<JobView[]>()];
  vi.spyOn(server, 'list').mockImplementationOnce(() => {
    asked.resolve();
    return listed.promise;
  });
  const call = connectCaller(paths.connect, true);
  const first = call('JobService/List', {});
  await asked.promise;
  const job = { id: group.id, client: 'w1' };
  for (const [method, request] of [
    ['JobService/List', {}],
    ['JobService/History', {}],
    ['JobService/Records', { job }],
    ['JobService/Output', { job }],
    ['ClientService/List', {}],
  ] as const) {
    expect(await call(method, request)).toMatchObject({ status: 'resource_exhausted', detail: { code: 'busy' } });
  }
  const { grpcCaller } = await import('./grpc-caller.ts');
  expect(await grpcCaller(paths.grpc, ends)('JobService/Wait', { id: group.id })).toMatchObject({ status: 'ok' });
  listed.resolve([]);
  await first;
  expect(await call('JobService/Output', { job })).toMatchObject({ status: 'ok' });
});

test.each<[what: string, request: string, answer: RegExp]>([
  [
    'an unknown method',
    `${post('/signalbox.v1.JobService/Sumbit', 'Content-Length: 2')}{}`,
    /404.*JobService\/Submit/s,
  ],
  ['an odd path', `${post('//', 'Content-Length: 2')}{}`, /404/],
  ['a path that is a whole URL', `${post('http://[::1', 'Content-Length: 2')}{}`, /404/],
  [
    'a form',
    `${post(info).replace('json', 'x-www-form-urlencoded').slice(0, -2)}Content-Length: 2\r\n\r\n{}`,
    /415.*content-type: application\/json/s,
  ],
  ...[
    ['invalid base64', 'encoding=proto&base64=1&message=!', /400.*base64/s],
    ['JSON that is none', 'encoding=json&message=%7B', /400.*invalid_argument/s],
    ['invalid protobuf', 'encoding=proto&base64=1&message=gg', /400.*invalid_argument/s],
    ['invalid escapes', 'encoding=json&message=%7B%', /400.*invalid_argument/s],
    ['no message', 'encoding=json', /400.*invalid_argument/s],
  ].map(([what, query, answer]): [string, string, RegExp] => [
    `GET with ${what}`,
    `GET ${info}?connect=v1&${query} HTTP/1.1\r\nHost: x\r\n\r\n`,
    answer as RegExp,
  ]),
  ['another method of HTTP', `${post(info).replace('POST', 'PUT')}`, /405.*POST/s],
  ['a body that is not JSON', `${post(info, 'Content-Length: 1')}{`, /400.*invalid_argument/s],
  ['a body that is another type', `${post(info, 'Content-Length: 2')}[]`, /400.*GetInfoRequest/s],
  ['a field that does not exist', `${post(info, 'Content-Length: 7')}{"a":1}`, /400.*\\"a\\" is unknown/s],
  [
    'a stream with a field that does not exist',
    `${post('/signalbox.v1.JobService/List', 'Content-Length: 7')}{"a":1}`,
    /400.*\\"a\\" is unknown/s,
  ],
  ['headers that are too large', post(info, `X: ${'x'.repeat(40_000)}`), /^HTTP\/1.1 431/],
  ['a header with a control character', post(info, 'X: \x1b'), /^HTTP\/1.1 400/],
  ['a body of two lengths', post(info, 'Content-Length: 2', 'Transfer-Encoding: chunked'), /^HTTP\/1.1 400/],
  [
    'HTTP/1.0 without a host',
    `${post(info, 'Content-Length: 2').replace(/1.1.*?\r\nHost: x/s, '1.0')}{}`,
    /200.*bootId/s,
  ],
  ['an invalid host', `${post(info, 'Content-Length: 2').replace('Host: x', 'Host: %2Fx')}{}`, /200.*bootId/s],
  ['what is no HTTP', '\x16\x03\x01\x00\xa5\x01\r\n\r\n', /^HTTP\/1.1 400/],
  [
    'a compressed stream',
    `${post('/signalbox.v1.JobService/List', 'Content-Encoding: gzip', 'Content-Length: 2')}{}`,
    /501.*gzip/s,
  ],
  [
    'a stream in another charset',
    `${post('/signalbox.v1.JobService/List', 'Content-Length: 2').replace('json', 'json; charset=utf-16')}{}`,
    /415/,
  ],
  ['no submission', `${post('/signalbox.v1.JobService/Wait', 'Content-Length: 2')}{}`, /400.*id is missing/s],
  ...['"NaN"', '-1'].map((ms): [string, string, RegExp] => [
    `a wait of ${ms} ms`,
    `${post('/signalbox.v1.JobService/Wait', `Content-Length: ${23 + ms.length}`)}{"id":"x","timeoutMs":${ms}}`,
    /400.*timeout_ms/s,
  ]),
  [
    'a history since no time',
    `${post('/signalbox.v1.JobService/History', 'Content-Length: 17')}{"sinceMs":"NaN"}`,
    /400.*since_ms/s,
  ],
  ['an invalid deadline', `${post(info, 'Connect-Timeout-Ms: x', 'Content-Length: 2')}{}`, /400.*timeout/is],
])('%s gets a proper answer', async (_, request, answer) => {
  const { paths } = await openApi();
  const socket = dial(paths.connect, request.replace('Host: x', 'Host: x\r\nConnection: close'));
  expect(await answerOf(socket)).toMatch(answer);
  expect(await isServing(paths.connect)).toBe(true);
});

test.each([
  ['EventService/Watch', () => ({})],
  ['JobService/Wait', ({ id }: JobKey) => ({ id })],
  ['JobService/Output', (job: JobKey) => ({ job, from: { stdout: 100 }, follow: true })],
  ['ClientService/WaitForClients', () => ({ count: 9 })],
  ['grpc.health.v1.Health/Watch', () => ({})],
])('%s ends at the deadline of its caller', async (method, requestFor) => {
  const { paths, server } = await openApi();
  const { id } = await server.submit('w1', hang, {});
  const body = JSON.stringify(requestFor({ id, client: 'w1' }));
  const path = `/${pathOf(method)}`;
  const headers = ['Connect-Timeout-Ms: 50', 'Connection: close', `Content-Length: ${body.length}`];
  expect(await answerOf(dial(paths.connect, `${post(path, ...headers)}${body}`))).toContain(
    '"code":"deadline_exceeded"',
  );
});

test.each<[what: string, bytes: Buffer]>([
  ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['noise', Buffer.alloc(100, 0xff)],
  [
    'a frame that is too large',
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(100, 0xff)]),
  ],
])('at the socket of gRPC %s ends its connection alone', async (_, bytes) => {
  const { paths, ends } = await openApi();
  await answerOf(dial(paths.grpc, bytes));
  const { grpcCaller } = await import('./grpc-caller.ts');
  expect(await grpcCaller(paths.grpc, ends)('ServerService/GetInfo', {})).toMatchObject({ status: 'ok' });
});

test.each<[what: string, path: string, body: Buffer, status: string]>([
  ['an unknown method', '/signalbox.v1.JobService/Sumbit', Buffer.alloc(5), '404'],
  ['invalid protobuf in a message', info, Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), '3'],
  ['the same for a stream', '/signalbox.v1.JobService/List', Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), '3'],
  ['a message that does not end', info, Buffer.from([0, 0, 0, 0, 9, 1]), '3'],
  ['a message over 1 MiB', info, Buffer.from([0, 0xff, 0, 0, 0]), '8'],
  ['unknown compression', info, Buffer.from([1, 0, 0, 0, 1, 1]), '13'],
  [
    'a name that has no room in a status',
    '/grpc.health.v1.Health/Check',
    Buffer.from([0, 0, 1, 0, 4, 10, 0x80, 0x80, 4, ...Buffer.alloc(65_536, 'x')]),
    '5',
  ],
])('over gRPC %s gets a proper status', async (_, path, body, status) => {
  const { paths } = await openApi();
  const stream = session(paths.grpc).request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  let got: unknown;
  stream.on('response', (headers) => {
    got = headers['grpc-status'] ?? (headers[':status'] === 200 ? undefined : headers[':status']);
  });
  stream.on('trailers', (headers) => {
    got = headers['grpc-status'];
  });
  stream.end(body);
  await once(stream.resume(), 'close');
  expect(String(got)).toBe(status);
});

test.each([
  ['application/proto', Buffer.from([0xff, 0xff]), info],
  ['application/connect+proto', Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), '/signalbox.v1.JobService/List'],
])('in Connect, as %s, protobuf that cannot be read is an invalid argument', async (type, body, path) => {
  const { paths } = await openApi();
  const headers = { ':method': 'POST', ':path': path, 'content-type': type };
  const stream = session(paths.grpc).request(headers);
  stream.on('error', () => {});
  stream.end(body);
  const [answered] = await once(stream, 'response');
  expect([answered[':status'], await text(stream)]).toEqual([
    type === 'application/proto' ? 400 : 200,
    expect.stringMatching(/"code":"invalid_argument","message":"parse binary: /),
  ]);
});
