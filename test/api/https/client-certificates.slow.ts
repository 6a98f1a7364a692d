import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { beforeEach, describe, expect, test } from 'vitest';
import { keyFingerprint } from '../../../src/operators/key-fingerprint.ts';
import { Authority, hasOpenssl, type Pair } from './certificates.ts';
import { connectOver, openHttps, ways } from './open-https.ts';

/** A server that requests certificates, and an operator for each name, whose certificates have that name. */
async function openWith(...names: string[]) {
  const opened = await openHttps({ asksForCertificates: true });
  const { operators, authority, folder } = opened;
  const addPair = async (name: string, pair: Pair) => {
    const fingerprint = keyFingerprint(new X509Certificate(readFileSync(pair.cert)));
    await operators.add(name, { role: 'operator', by: 'local:owner', keyFingerprint: fingerprint });
    return pair;
  };
  const pairs: Record<string, Pair> = {};
  for (const name of names) pairs[name] = await addPair(name, authority.client(name));
  return { ...opened, addPair, pairs, other: new Authority(folder, 'other') };
}

const info = 'ServerService/GetInfo';
const refused = (words: RegExp) => ({ status: 'unauthenticated', message: expect.stringMatching(words) });

describe.skipIf(!hasOpenssl).each(ways)('%s', (_, open, missing) => {
  beforeEach(({ skip }) => {
    if (missing) skip(missing);
  });

  test('a certificate of the authority with the key of an operator signs in as that operator', async () => {
    const { url, authority, pairs, ends } = await openWith('ada', 'eve');
    for (const name of ['ada', 'eve']) {
      const call = open(url, { ca: authority.cert, pair: pairs[name] }, ends);
      expect(await call(info, {})).toMatchObject({ status: 'ok', messages: [{ actor: `operator:${name}` }] });
    }
  });

  test('a certificate of another authority, without an operator, or expired is refused, even if its key is right', async () => {
    const { url, authority, other, pairs, ends } = await openWith('ada');
    const { key } = pairs.ada ?? { key: '' };
    for (const [pair, words] of [
      [other.client('ada-2', { key }), /^the client certificate is not valid here: it is not accepted \(\w+\)$/],
      [authority.client('eve'), /^the client certificate is not valid here: its key belongs to no operator$/],
      [authority.client('old', { key, untilMs: Date.now() - 60_000 }), /not valid here: it has expired$/],
      [authority.client('new', { key, fromMs: Date.now() + 60_000 }), /not valid here: it is not valid yet$/],
      [undefined, /^sign in with/],
    ] as const) {
      const call = open(url, { ca: authority.cert, pair }, ends);
      expect(await call(info, {})).toMatchObject(refused(words));
    }
    const renewed = open(url, { ca: authority.cert, pair: authority.client('renewed', { key }) }, ends);
    expect(await renewed(info, {})).toMatchObject({ status: 'ok', messages: [{ actor: 'operator:ada' }] });
  });

  test('a certificate with a token must belong to the same operator; an invalid certificate counts as none', async () => {
    const { url, authority, other, pairs, add, ends, news } = await openWith('ada');
    const token = await add('eve');
    const both = open(url, { ca: authority.cert, token, pair: pairs.ada }, ends);
    expect(await both(info, {})).toMatchObject(refused(/the token belongs to eve, the client certificate to ada/));
    expect(news.at(-1)).toMatchObject({ type: 'sign-in failed', fault: 'two operators' });
    const wrong = open(url, { ca: authority.cert, token: 'sbx_wrong', pair: pairs.ada }, ends);
    expect(await wrong(info, {})).toMatchObject(refused(/the token is not valid/));
    const stray = open(url, { ca: authority.cert, token, pair: other.client('stray') }, ends);
    expect(await stray(info, {})).toMatchObject({ status: 'ok', messages: [{ actor: 'operator:eve' }] });
  });

  test('a removed operator loses its streams at once', async () => {
    const { url, authority, pairs, operators, ends } = await openWith('ada');
    const call = open(url, { ca: authority.cert, pair: pairs.ada }, ends);
    const begun = Promise.withResolvers<void>();
    const watching = call('EventService/Watch', {}, { onMessage: () => begun.resolve() });
    await begun.promise;
    await operators.remove('ada');
    expect(await watching).toMatchObject({ status: 'unauthenticated' });
    expect(await call(info, {})).toMatchObject(refused(/its key belongs to no operator/));
  });
});

describe.skipIf(!hasOpenssl)('dates', () => {
  const options = (ca: string, { cert, key }: Pair): ConnectionOptions => ({
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
  });
  const dial = async (url: string, given: ConnectionOptions): Promise<TLSSocket> => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ...given });
    await once(socket, 'secureConnect');
    return socket;
  };
  const get = `GET /signalbox.v1.${info}?connect=v1&encoding=json&message=%7B%7D HTTP/1.1\r\nHost: x\r\n`;

  test('a stream ends with the certificate, and a resumed session is refused, even if TLS accepts it', async () => {
    const { url, authority, addPair, ends } = await openWith();
    const pair = await addPair('ada', authority.client('ada', { untilMs: Date.now() + 4_000 }));
    const given = options(authority.cert, pair);
    const first = await dial(url, given);
    const resumable = once(first, 'session');
    first.write(`${get}Connection: close\r\n\r\n`);
    const [session] = await resumable;
    expect(await text(first)).toMatch(/200 OK[\s\S]*operator:ada/);
    const call = connectOver('1.1', url, { ca: authority.cert, pair }, ends);
    expect(await call('EventService/Watch', {})).toMatchObject({ status: 'unauthenticated' });
    const second = await dial(url, { ...given, session });
    expect(second.isSessionReused()).toBe(true);
    second.write(`${get}Connection: close\r\n\r\n`);
    expect(await text(second)).toMatch(/401 Unauthorized[\s\S]*it has expired/);
  });

  test('after HUP no earlier session is resumed', async () => {
    const { url, authority, pairs, api } = await openWith('ada');
    const given = options(authority.cert, pairs.ada ?? { cert: '', key: '' });
    const first = await dial(url, given);
    const [session] = await once(first, 'session');
    first.destroy();
    api.reload();
    const second = await dial(url, { ...given, session });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });
});
