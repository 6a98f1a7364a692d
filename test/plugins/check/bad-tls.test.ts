import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hasOpenssl } from '../../api/https/certificates.ts';
import { answer, openSite } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';
import { makeSiteCertificates, type SiteCertificates } from './support/site-certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let certificates: SiteCertificates;
beforeAll(async () => {
  if (hasOpenssl) certificates = await makeSiteCertificates(folder);
});
beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
});
const trusted = { ca: 'ca.pem' };
const files = { files: folder };
const fine = { '/': answer('200 OK', {}, 'fine') };

test('a certificate of an authority that --ca names is accepted, and its remaining days are counted', async () => {
  await using site = await openSite(fine, { tls: certificates.good });
  for (const host of ['localhost', '127.0.0.1']) {
    const result = await checkOnce({ url: `https://${host}:${site.port}/`, family: '4', ...trusted }, files);
    expect(result).toMatchObject({ ok: true, status: 200, certificateDaysLeft: 29, address: '127.0.0.1' });
    const { dnsMs, connectMs, tlsMs, firstByteMs, transferMs, totalMs } = result;
    const sum = [dnsMs, connectMs, tlsMs, firstByteMs, transferMs].reduce<number>(
      (all, one) => all + (one ?? Number.NaN),
      0,
    );
    expect(sum).toBeCloseTo(totalMs, 6);
  }
});

test.for([
  ['expired', 'certificate_expired', -3],
  ['future', 'certificate_not_yet_valid', 8],
  ['otherName', 'certificate_name', 8],
  ['selfSigned', 'certificate_untrusted', 29],
] as const)(
  'a certificate that is %s is refused before anything is sent, and its days are told',
  async ([kind, errorKind, days]) => {
    await using site = await openSite(fine, { tls: certificates[kind] });
    const result = await checkOnce({ url: `https://localhost:${site.port}/`, family: '4', ...trusted }, files);
    expect(result).toMatchObject({ ok: false, errorKind, certificateDaysLeft: days, status: null, firstByteMs: null });
    expect(site.requests).toEqual([]);
  },
);

test('an unknown authority is not trusted', async () => {
  await using site = await openSite(fine, { tls: certificates.good });
  const result = await checkOnce({ url: `https://127.0.0.1:${site.port}/` });
  expect(result).toMatchObject({ errorKind: 'certificate_untrusted' });
});

test('a site that speaks HTTP where TLS is expected, and one that disconnects during the handshake', async () => {
  await using site = await openSite(fine);
  const onPlain = checkOnce({ url: `https://127.0.0.1:${site.port}/`, timeout: 2_000 });
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await checkOnce({ url: `https://127.0.0.1:${port}/` })).toMatchObject({
    errorKind: 'tls_failed',
    status: null,
  });
  server.close();
  // It waits for the end of a header that never ends, because this is not one.
  expect(['tls_failed', 'tls_timeout']).toContain((await onPlain).errorKind);
});

test('a site that never answers the handshake', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const result = await checkOnce({ url: `https://127.0.0.1:${port}/`, timeout: 1_000 });
  expect(result).toMatchObject({ errorKind: 'tls_timeout', certificateDaysLeft: null, firstByteMs: null });
  expect(result.tlsMs).not.toBeNull();
  server.close();
});

test('a file that is not a certificate is named and not quoted', async () => {
  writeFileSync(join(folder, 'bad.pem'), '-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n');
  await expect(checkOnce({ url: 'https://127.0.0.1/', ca: 'bad.pem' }, files)).rejects.toMatchObject({
    code: 'bad_arguments',
    message: '--ca bad.pem must have certificates in PEM',
  });
});
