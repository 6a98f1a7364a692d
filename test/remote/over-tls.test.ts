import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type HttpsCredentials, httpsPlace } from '../../src/remote/https-place.ts';
import type { ConnectionNews, RemoteOptions } from '../../src/remote/remote-core.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { hang, openApi, say } from '../api/open-api.ts';
import { Changes } from '../support/changes.ts';
import { freePort } from '../support/free-port.ts';
import { createCertificates, shown, TlsFront } from './tls-front.ts';

let own: Awaited<ReturnType<typeof createCertificates>>;
let others: typeof own;
beforeAll(async () => {
  [own, others] = await Promise.all([createCertificates(), createCertificates()]);
});

/** Listens on loopback until the end of the test. @returns the port. */
async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Why a server at this port cannot be reached. */
async function whyNot(port: number, credentials: HttpsCredentials = {}, host = 'localhost'): Promise<string> {
  const path = httpsPlace(new URL(`https://${host}:${port}`), { ca: own.ca, token: 'secret-token', ...credentials });
  const error = await RemoteJobService.connect({ path }).then(
    async (remote) => {
      await remote.close();
      throw new Error('it connected');
    },
    (error) => error,
  );
  expect(error).toMatchObject({ name: 'SignalboxError', code: 'cannot_connect' });
  expect(error.message).toContain(`cannot reach the server at https://${host}:${port}: `);
  expect(error.message).not.toContain('secret');
  return error.message.slice(error.message.indexOf(': ') + 2);
}

describe('the error if no server of Signalbox can be reached', () => {
  test('nothing listens, or the host does not exist', async () => {
    expect(await whyNot(await freePort())).toBe('nobody listens there');
    expect(await whyNot(8443, {}, 'nowhere.invalid')).toMatch(/^unknown host/);
  });

  test('its certificate is signed by another authority, with --tls-ca and without', async () => {
    const port = await listen(createTlsServer({ ...shown(others.server), ALPNProtocols: ['h2'] }));
    expect(await whyNot(port)).toBe('its certificate is not signed by the authority of --tls-ca');
    const hint = 'its certificate is signed by an authority that this machine does not trust; give --tls-ca FILE';
    expect(await whyNot(port, { ca: undefined })).toBe(hint);
  });

  test('its certificate has other names, is expired, or is a client certificate', async () => {
    const [elsewhere, expired, client] = await Promise.all(
      [own.elsewhere, own.expired, own.operator].map((identity) =>
        listen(createTlsServer({ ...shown(identity), ALPNProtocols: ['h2'] })),
      ),
    );
    expect(await whyNot(elsewhere ?? 0)).toBe('its certificate is not for localhost: it is for box.example, 10.0.0.7');
    expect(await whyNot(elsewhere ?? 0, {}, '127.0.0.1')).toMatch(/^its certificate is not for 127\.0\.0\.1: /);
    expect(await whyNot(expired ?? 0)).toBe('its certificate has expired, or the clock here is wrong');
    expect(await whyNot(client ?? 0)).toMatch(/^its certificate is not accepted: /);
  });

  test('it does not support TLS, or HTTP/2', async () => {
    expect(await whyNot(await listen(createHttpServer()))).toBe('it does not use TLS');
    expect(await whyNot(await listen(createTcpServer((socket) => void socket.end('220 mail ready\r\n'))))).toBe(
      'it does not use TLS',
    );
    const noHttp2 = 'it does not support HTTP/2; check that it is a Signalbox server, or a proxy with HTTP/2';
    const old = createTlsServer({ ...shown(own.server), ALPNProtocols: ['http/1.1'] });
    expect(await whyNot(await listen(old))).toBe(noHttp2);
    expect(await whyNot(await listen(createTlsServer(shown(own.server))))).toBe(noHttp2);
  });

  test('it requires a client certificate, or closes the connection without a reason', async () => {
    const strict = { ...shown(own.server), ca: own.ca, requestCert: true, rejectUnauthorized: true };
    const port = await listen(createTlsServer({ ...strict, ALPNProtocols: ['h2'] }));
    // The server closes right after its reason, and may answer pending data with a reset.
    const closed = 'it closed the connection|the connection was closed';
    const hint = String.raw`it may need a client certificate \(--tls-cert, --tls-key\)`;
    expect(await whyNot(port)).toMatch(new RegExp(`${hint}$|^(?:${closed})$`));
    expect(await whyNot(port, shown(others.operator))).toMatch(new RegExp(`^TLS failed: .*unknown ca|^(?:${closed})$`));
    const closing = createTcpServer((socket) => void socket.once('data', () => socket.destroy()));
    expect(await whyNot(await listen(closing))).toBe('it closed the connection');
  });

  test.each([
    [200, 'text/html', 'it is not a Signalbox server: status 200, text/html'],
    [404, 'application/json', 'it is not a Signalbox server: status 404, JSON of its own'],
    [302, '', 'it is not a Signalbox server: status 302, no content'],
    [502, 'text/html', 'a proxy cannot reach it: status 502, text/html'],
    [503, 'application/json', 'a proxy cannot reach it: status 503, JSON of its own'],
  ])('a proxy answers with %i and %s', async (status, contentType, why) => {
    const proxy = createSecureServer(shown(own.server), (request, response) => {
      expect(request.headers.authorization).toBe('Bearer secret-token');
      response.writeHead(status, contentType === '' ? {} : { 'content-type': contentType });
      response.end(contentType === 'application/json' ? '{"message": "go away"}' : '<h1>go away</h1>');
    });
    expect(await whyNot(await listen(proxy))).toBe(why);
  });
});

/** A server behind TLS that can be disconnected. */
async function openOverTls(options: Partial<RemoteOptions> = {}) {
  const open = await openApi();
  const front = await new TlsFront(open.paths.grpc, { ...shown(own.server), minVersion: 'TLSv1.3' }).open();
  const news: ConnectionNews[] = [];
  const changes = new Changes();
  const onNews = (one: ConnectionNews) => {
    news.push(one);
    changes.tell();
  };
  const path = httpsPlace(front.url, { ca: own.ca });
  const remote = await RemoteJobService.connect({ path, onNews, ...options });
  onTestFinished(() => remote.close());
  const heard = (type: ConnectionNews['type']) => changes.until(() => news.find((one) => one.type === type));
  return { ...open, front, remote, news, heard };
}

test('an interrupted connection over TLS loses no event and no outcome, and duplicates none', async () => {
  const { server, remote, front, heard, news } = await openOverTls();
  const events = remote.watch();
  const group = await remote.submit('w1', hang, {});
  await group.accepted;
  await front.close();
  await heard('away');
  await (await server.submit('w1', say, { text: 'while it was away' })).outcomes;
  await front.open();
  await server.signal(group.jobs, 'SIGINT');
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  expect(news).toEqual([{ type: 'away' }, { type: 'back', isRestarted: false }]);
  const last = await remote.submit('w1', say, { text: 'last' });
  await last.outcomes;
  const seqs: number[] = [];
  for await (const event of events) {
    if ('seq' in event) seqs.push(event.seq);
    if (event.type === 'job.settled' && event.number === last.number) break;
  }
  expect(seqs.length).toBeGreaterThan(5);
  expect(seqs).toEqual(seqs.map((_, at) => (seqs[0] ?? 0) + at));
});

test('a server that hangs counts as away over TLS, too', async () => {
  const { remote, front, heard } = await openOverTls({ silentMs: 1_000 });
  front.isDeaf = true;
  const listed = remote.list();
  await heard('away');
  front.isDeaf = false;
  expect(await listed).toEqual([]);
  await heard('back');
});

test('another server without the certificate is not accepted as the same server: the connection ends', async () => {
  const { remote, front, heard, news } = await openOverTls();
  await front.close();
  await heard('away');
  await front.open(shown(others.server));
  expect(await remote.closed).toMatchObject({
    code: 'cannot_connect',
    message: expect.stringContaining('is not signed by the authority of --tls-ca'),
  });
  expect(news).toEqual([{ type: 'away' }]);
});

test('a client certificate is sent to the server, and the host names are checked', async () => {
  const open = await openApi();
  const strict = { ca: own.ca, requestCert: true, rejectUnauthorized: true };
  const front = await new TlsFront(open.paths.grpc, { ...shown(own.server), ...strict }).open();
  const url = new URL(`https://127.0.0.1:${front.port}`);
  const path = httpsPlace(url, { ca: own.ca, ...shown(own.operator) });
  await using remote = await RemoteJobService.connect({ path });
  expect(await remote.resolve('w1')).toEqual(['w1']);
});
