import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { CheckArgs } from '../../../src/plugins/check/contracts/check.ts';
import type { ErrorKind } from '../../../src/plugins/check/contracts/error-kinds.ts';
import { answer, type Behaviour, openSite, raw } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';

const bomb = Buffer.alloc(64 * 1_024 * 1_024);
const moved = (location: string, status = '302 Found') => answer(status, { location }, '');

interface Case {
  readonly does: Behaviour;
  readonly args?: Partial<CheckArgs>;
  /** Null: it is ok. */
  readonly kind: ErrorKind | null;
  readonly status?: number | null | 'any';
  /** Requests that the site sees. Default: 1. */
  readonly requests?: number;
}

const soon = { timeout: 1_000 };

const cases: Readonly<Record<string, Case>> = {
  'answers well': { does: answer('200 OK', {}, 'fine'), kind: null, status: 200 },
  'has an empty body that is said to be compressed': {
    does: answer('200 OK', { 'content-encoding': 'gzip' }, ''),
    kind: null,
    status: 200,
  },
  'compresses well': {
    does: answer('200 OK', { 'content-encoding': 'gzip' }, gzipSync('fine')),
    args: { match: '^fine$' },
    kind: null,
    status: 200,
  },
  'speaks HTTP/1.0 and ends the body with the connection': {
    does: raw('HTTP/1.0 200 OK\r\n\r\nfine'),
    args: { match: 'fine' },
    kind: null,
    status: 200,
  },
  'sends early hints': {
    does: raw('HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    kind: null,
    status: 200,
  },
  'keeps the connection open after the body': {
    does: raw('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 4\r\n\r\nfine', { stays: true }),
    kind: null,
    status: 200,
  },
  'says nothing': { does: () => {}, args: soon, kind: 'response_timeout', status: null },
  'never ends its header': {
    does: raw('HTTP/1.1 200 OK\r\nx-slow: ', { stays: true }),
    args: soon,
    kind: 'response_timeout',
    status: null,
  },
  'sends interim responses only': {
    does(socket) {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    },
    args: soon,
    kind: 'response_timeout',
    status: null,
  },
  'stops in the middle of the body': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine', { stays: true }),
    args: soon,
    kind: 'body_timeout',
    status: 200,
  },
  'has a body without end': {
    does(socket) {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = () => {
        if (!socket.destroyed) socket.write(Buffer.alloc(65_536, 'x'), more);
      };
      more();
    },
    kind: 'body_too_large',
    status: 200,
  },
  'resets before it answers': {
    does: (socket) => void socket.resetAndDestroy(),
    kind: 'connection_reset',
    status: null,
  },
  'resets in the middle of the body': {
    does(socket) {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine', () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      );
    },
    kind: 'connection_reset',
    // A reset can overtake bytes that were sent before it.
    status: 'any',
  },
  'hangs up before it answers': { does: (socket) => void socket.end(), kind: 'closed_early', status: null },
  'hangs up in its header': { does: raw('HTTP/1.1 200 OK\r\ncontent-le'), kind: 'closed_early', status: null },
  'says that its body is longer than it is': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine'),
    kind: 'closed_early',
    status: 200,
  },
  'says that its body is shorter than it is': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nfine'),
    kind: 'bad_response',
    status: 200,
  },
  'ends in the middle of a chunk': {
    does: raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nfine'),
    kind: 'closed_early',
    status: 200,
  },
  'has a chunk without a length': {
    does: raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfine\r\n'),
    kind: 'bad_response',
    status: 200,
  },
  'says two lengths': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    kind: 'bad_response',
    status: null,
  },
  'does not speak HTTP': { does: raw('220 mail.example ESMTP\r\n'), kind: 'bad_response', status: null },
  'sends a body without a header': { does: raw('<html>fine</html>'), kind: 'bad_response', status: null },
  'switches to another protocol': {
    does: raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', { stays: true }),
    kind: 'bad_response',
    status: null,
  },
  'answers twice': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n'),
    kind: null,
    status: 200,
  },
  'has a header of a megabyte': {
    does: raw(`HTTP/1.1 200 OK\r\nx-large: ${'x'.repeat(1_048_576)}\r\n\r\n`),
    kind: 'header_too_large',
    status: null,
  },
  'sends a bomb of gzip': {
    does: answer('200 OK', { 'content-encoding': 'gzip' }, gzipSync(bomb)),
    kind: 'body_too_large',
    status: 200,
  },
  'sends a bomb of brotli': {
    does: answer('200 OK', { 'content-encoding': 'br' }, brotliCompressSync(bomb)),
    kind: 'body_too_large',
    status: 200,
  },
  'sends a bomb in a bomb': {
    does: answer('200 OK', { 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync(bomb))),
    kind: 'body_too_large',
    status: 200,
  },
  'compresses thrice': {
    does: answer('200 OK', { 'content-encoding': 'gzip, gzip, gzip' }, 'x'),
    kind: 'bad_encoding',
    status: 200,
  },
  'says that it compresses and does not': {
    does: answer('200 OK', { 'content-encoding': 'gzip' }, 'fine'),
    kind: 'bad_encoding',
    status: 200,
  },
  'compresses in a way that nobody knows': {
    does: answer('200 OK', { 'content-encoding': 'constructor' }, 'fine'),
    kind: 'bad_encoding',
    status: 200,
  },
  'redirects to itself': {
    does: moved('/x'),
    args: { follow: 3 },
    kind: 'too_many_redirects',
    status: 302,
    requests: 4,
  },
  'redirects to another scheme': { does: moved('file:///etc/passwd'), kind: 'bad_redirect', status: 302 },
  'redirects to what is no URL': { does: moved('http://['), kind: 'bad_redirect', status: 302 },
  'redirects, and that is expected': { does: moved('/elsewhere'), args: { status: '302' }, kind: null, status: 302 },
  'redirects, and nothing is to be followed': {
    does: moved('/elsewhere'),
    args: { follow: 0 },
    kind: 'status',
    status: 302,
  },
  'redirects nowhere': { does: answer('302 Found', {}, ''), kind: 'status', status: 302 },
  'has a fault': { does: answer('503 Service Unavailable', {}, 'oh'), kind: 'status', status: 503 },
  'has a fault, which is expected': {
    does: answer('503 Service Unavailable', {}, 'oh'),
    args: { status: '200-299,503' },
    kind: null,
    status: 503,
  },
  'does not have the word': {
    does: answer('200 OK', {}, 'oh'),
    args: { match: 'fine' },
    kind: 'no_match',
    status: 200,
  },
  'has the forbidden word': {
    does: answer('200 OK', {}, 'fine, oh'),
    args: { match: 'fine', noMatch: 'oh' },
    kind: 'forbidden_match',
    status: 200,
  },
  'answers HEAD with the length of a body': {
    does: raw('HTTP/1.1 200 OK\r\ncontent-length: 99\r\ncontent-encoding: gzip\r\n\r\n'),
    args: { method: 'HEAD' },
    kind: null,
    status: 200,
  },
};

const phases = ['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs', 'transferMs'] as const;

test.for(Object.entries(cases))('a site that %s', async ([, { does, args, kind, status = null, requests = 1 }]) => {
  await using site = await openSite({ '/x': does });
  const result = await checkOnce({ url: `${site.origin}/x`, ...args });
  expect(result).toMatchObject({ ok: kind === null, errorKind: kind, ...(status !== 'any' && { status }) });
  expect(site.requests).toHaveLength(requests);
  expect(site.connections).toBe(requests);
  const times = phases.flatMap((phase) => (result[phase] === null ? [] : [result[phase]]));
  expect(times.reduce((sum, one) => sum + one, 0)).toBeCloseTo(result.totalMs, 6);
  expect(result.tlsMs).toBeNull();
  if (status !== 'any') expect(result.transferMs === null).toBe(times.length === 3);
});
