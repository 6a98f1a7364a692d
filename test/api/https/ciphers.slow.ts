import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { hasOpenssl } from './certificates.ts';
import { openHttps } from './open-https.ts';

beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
});

const noLimits = { maxStrangers: 1_000, maxStrangersOfAddress: 1_000, maxStrangersAMinute: 10_000 };

/** The handshake as `openssl s_client` reports it. */
async function handshake(url: string, ...args: string[]): Promise<string> {
  const client = spawn('openssl', ['s_client', '-connect', new URL(url).host, ...args], { stdio: 'pipe' });
  client.stdin.on('error', () => {});
  client.stdin.end('Q\n');
  const [out, trouble] = await Promise.all([text(client.stdout), text(client.stderr)]);
  return out + trouble;
}

/** The suites that both sides accept, of all suites of this openssl. */
async function agreed(url: string, version: 'tls1_2' | 'tls1_3'): Promise<string[]> {
  const { stdout } = await promisify(execFile)('openssl', ['ciphers', '-s', `-${version}`, 'ALL:eNULL:@SECLEVEL=0']);
  const all = stdout.trim().split(':');
  const found: string[] = [];
  const tryNext = async (): Promise<void> => {
    const suite = all.pop();
    if (suite === undefined) return;
    const choice = version === 'tls1_3' ? ['-ciphersuites', suite] : ['-cipher', `${suite}:@SECLEVEL=0`];
    const said = await handshake(url, `-${version}`, ...choice);
    if (new RegExp(`^New, TLSv1\\.[23], Cipher is ${suite}$`, 'm').test(said)) found.push(suite);
    await tryNext();
  };
  await Promise.all(Array.from({ length: 8 }, tryNext));
  return found.sort();
}

const with13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

test('openssl s_client finds only TLS 1.3, with the three strong suites', { timeout: 60_000 }, async () => {
  const { url } = await openHttps({ limits: noLimits });
  expect(await agreed(url, 'tls1_3')).toEqual(with13);
  expect(await agreed(url, 'tls1_2')).toEqual([]);
  for (const version of ['-tls1_1', '-tls1']) expect(await handshake(url, version)).toContain('Cipher is (NONE)');
});

test.each([
  ['ECDSA', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']],
  ['RSA', ['-newkey', 'rsa:2048', '-nodes']],
])(
  'with --tls-min 1.2 and a key of %s it finds forward secrecy and authenticated encryption alone, and nothing older',
  {
    timeout: 60_000,
  },
  async (kind, newKey) => {
    const { authority } = await openHttps();
    const { url } = await openHttps({ limits: noLimits, tls: { min: '1.2', ...authority.server(kind, newKey) } });
    expect(await agreed(url, 'tls1_2')).toEqual([
      `ECDHE-${kind}-AES128-GCM-SHA256`,
      `ECDHE-${kind}-AES256-GCM-SHA384`,
      `ECDHE-${kind}-CHACHA20-POLY1305`,
    ]);
    expect(await agreed(url, 'tls1_3')).toEqual(with13);
    for (const version of ['-tls1_1', '-tls1']) expect(await handshake(url, version)).toContain('Cipher is (NONE)');
  },
);

test('a server certificate with a weak key is refused at the start', async () => {
  const { authority, ends } = await openHttps();
  const weak = authority.server('weak', ['-newkey', 'rsa:1024', '-nodes']);
  await expect(openHttps({ tls: weak }, (close) => void ends.defer(close))).rejects.toMatchObject({
    code: 'bad_usage',
    message: expect.stringContaining('key too small'),
  });
});

test('a client certificate is requested only with an authority that signs them', async () => {
  const asked = await openHttps({ asksForCertificates: true });
  const unasked = await openHttps();
  expect(await handshake(asked.url)).toContain('Acceptable client certificate CA names\nCN = authority');
  expect(await handshake(unasked.url)).toContain('No client certificate CA names sent');
});
