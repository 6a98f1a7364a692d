import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { beforeEach, expect, test } from 'vitest';
import { Authority, hasOpenssl } from '../api/https/certificates.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
});

const at = '--api=https://127.0.0.1:0';

/** Certificates in a new folder, and a store. */
function prepare() {
  const folder = newFolder();
  const authority = new Authority(folder, 'authority');
  const first = authority.server('first');
  const live = { cert: join(folder, 'live.pem'), key: join(folder, 'live.key') };
  const use = (from: { cert: string; key: string }) => {
    copyFileSync(from.cert, live.cert);
    copyFileSync(from.key, live.key);
  };
  use(first);
  const store = ['--store', `sqlite:${join(folder, 'jobs.db')}`];
  return { folder, authority, live, use, store, tls: ['--tls-cert', live.cert, '--tls-key', live.key] };
}

const startServer = async (...args: string[]) =>
  new Program('server', '--headless', '--bind', await freeEndpoint(), ...args);

/** The name in the certificate that the server shows. */
async function nameShown(url: string, ca: string): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: readFileSync(ca) });
  await once(socket, 'secureConnect');
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  await once(socket, 'close');
  return String(name);
}

const urlOf = async (server: Program): Promise<string> =>
  JSON.parse(await server.line(/"msg":"answering operators"/)).url;

test.each<[what: string, args: (made: ReturnType<typeof prepare>) => string[], words: RegExp]>([
  ['http://', ({ tls }) => ['--api', 'http://127.0.0.1:0', ...tls], /without TLS .* only Unix sockets/],
  ['no port', ({ tls }) => ['--api', 'https://127.0.0.1', ...tls], /https:\/\/HOST:PORT/],
  ['no certificate', () => [at], /--api needs --tls-cert and --tls-key/],
  ['a certificate and no --api', ({ tls }) => tls, /TLS options need --api/],
  ['jobs in memory', ({ tls }) => [at, ...tls, '--store', 'memory'], /--api needs a durable store/],
  [
    'a key that is not there',
    ({ live, store }) => [at, '--tls-cert', live.cert, '--tls-key', '/none', ...store],
    /--tls-key \/none/,
  ],
  [
    'the key of another certificate',
    ({ authority, live, store }) => [at, '--tls-cert', live.cert, '--tls-key', authority.server('other').key, ...store],
    /--tls-key \S+other.key cannot be used: it does not match \S+live.pem/,
  ],
  [
    'a certificate that has expired',
    ({ authority, store }) => {
      const { cert, key } = authority.client('old', { untilMs: Date.now() - 60_000 });
      return [at, '--tls-cert', cert, '--tls-key', key, ...store];
    },
    /old.pem cannot be used: it expired on/,
  ],
  [
    'an authority that is none',
    ({ tls, live, store }) => [at, ...tls, '--tls-client-ca', live.cert, ...store],
    /--tls-client-ca \S+ cannot be used: it is not the certificate of an authority/,
  ],
])('a server with %s does not start, and says why', async (_, args, words) => {
  await using server = await startServer(...args(prepare()));
  expect(await server.line(words)).toMatch(words);
  expect(await server.exitCode()).toBe(2);
});

test('HUP loads new certificates for new connections; an unusable pair keeps the old one and is reported', async () => {
  const { authority, live, use, store, tls } = prepare();
  await using server = await startServer(at, ...tls, ...store);
  const url = await urlOf(server);
  expect(await nameShown(url, authority.cert)).toBe('first');
  use(authority.server('second'));
  server.child.kill('SIGHUP');
  await server.line(/certificates reloaded/);
  expect(await nameShown(url, authority.cert)).toBe('second');
  writeFileSync(live.key, 'no key');
  server.child.kill('SIGHUP');
  await server.line(/the API keeps its old certificates: --tls-key \S+live.key cannot be used/);
  expect(await nameShown(url, authority.cert)).toBe('second');
});

test('the configuration gives the address and the certificates, relative to its own folder', async () => {
  const { folder, authority, store } = prepare();
  const config = join(folder, 'box.yaml');
  writeFileSync(config, 'server: { api: "https://127.0.0.1:0", tlsCert: live.pem, tlsKey: live.key, tlsMin: "1.2" }\n');
  await using server = await startServer('--config', config, ...store);
  expect(await nameShown(await urlOf(server), authority.cert)).toBe('first');
});
