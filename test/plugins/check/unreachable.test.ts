import { expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { answer, openSite } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';
import { openFullPort } from './support/full-port.ts';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`getaddrinfo ${code}`), { code }));

test.for([
  ['ENOTFOUND', 'dns_not_found'],
  ['EAI_AGAIN', 'dns_failed'],
] as const)('a resolver that says %s', async ([code, errorKind]) => {
  const result = await checkOnce({ url: 'http://x.example/' }, { lookup: failing(code) });
  expect(result).toMatchObject({ ok: false, errorKind, address: null, status: null, connectMs: null });
  expect(result.dnsMs).toBe(result.totalMs);
});

test('a name without addresses', async () => {
  const result = await checkOnce({ url: 'http://x.example/' }, { lookup: async () => [] });
  expect(result).toMatchObject({ errorKind: 'dns_not_found', error: 'x.example has no address' });
});

test('a resolver that never answers', async () => {
  const result = await checkOnce({ url: 'http://x.example/', timeout: 50 }, { lookup: () => new Promise(() => {}) });
  expect(result).toMatchObject({ errorKind: 'dns_timeout', connectMs: null });
});

test('a name of the real resolver that does not exist', async () => {
  const result = await checkOnce({ url: 'http://nowhere.invalid/' });
  expect(['dns_not_found', 'dns_failed']).toContain(result.errorKind);
});

test('a port on which nothing listens', async () => {
  const result = await checkOnce({ url: `http://127.0.0.1:${await freePort()}/` });
  expect(result).toMatchObject({ errorKind: 'connection_refused', address: '127.0.0.1', firstByteMs: null });
});

test('a host that does not answer a connection', async () => {
  await using full = await openFullPort();
  const result = await checkOnce({ url: `http://127.0.0.1:${full.port}/`, timeout: 1_000 });
  expect(result).toMatchObject({ errorKind: 'connect_timeout', firstByteMs: null });
});

test('a site with only IPv6 is checked over IPv6, and --family 4 finds no address of it', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, '') }, { host: '::1' });
  const url = `http://x.example:${site.port}/`;
  const lookup = async (_: string, family: number) => (family === 4 ? [] : ['::1']);
  expect(await checkOnce({ url }, { lookup })).toMatchObject({ ok: true, address: '::1' });
  expect(await checkOnce({ url: `${site.origin}/`, family: '6' })).toMatchObject({ ok: true, address: '::1' });
  expect(await checkOnce({ url, family: '4' }, { lookup })).toMatchObject({ errorKind: 'dns_not_found' });
  expect(await checkOnce({ url: `${site.origin}/`, family: '4' })).toMatchObject({ errorKind: 'dns_not_found' });
});

test('only the first of several addresses is tried, and the error names it', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, '') });
  const lookup = async () => ['::1', '127.0.0.1'];
  const result = await checkOnce({ url: `http://x.example:${site.port}/` }, { lookup });
  expect(result).toMatchObject({
    errorKind: 'connection_refused',
    error: 'the connection was refused (::1, the first of 2 addresses)',
    address: '::1',
  });
  expect(site.connections).toBe(0);
});
