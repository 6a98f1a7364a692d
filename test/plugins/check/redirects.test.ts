import { expect, test } from 'vitest';
import { answer, openSite } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';

const moved = (location: string, status = '302 Found') => answer(status, { location }, '');
const fine = answer('200 OK', {}, 'fine');
const secrets = {
  header: ['Authorization: Bearer geheim', 'Cookie: a=geheim', 'X-Key: geheim', 'User-Agent: probe/1'],
};

test('redirects are followed with one request per hop, and the last response counts', async () => {
  await using site = await openSite({
    '/1': moved('/2', '301 Moved Permanently'),
    '/2': moved('2/../3?a=b', '307 Temporary Redirect'),
    '/3': fine,
  });
  const result = await checkOnce({ url: `${site.origin}/1`, match: '^fine$' });
  expect(result).toMatchObject({ ok: true, status: 200, redirects: 2, url: `${site.origin}/3?a=b` });
  expect(site.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/3?a=b']);
  expect(site.connections).toBe(3);
});

test('given headers, and the user of the URL, go only to its origin', async () => {
  await using other = await openSite({ '/': fine });
  await using site = await openSite({ '/1': moved('/2'), '/2': moved(`http://nina:geheim@127.0.0.1:${other.port}/`) });
  const url = `http://nina:geheim@127.0.0.1:${site.port}/1`;
  const result = await checkOnce({ url, header: secrets.header.slice(1) });
  expect(result).toMatchObject({ ok: true, redirects: 2, url: `${other.origin}/` });
  const basic = `Basic ${Buffer.from('nina:geheim').toString('base64')}`;
  for (const { headers } of site.requests) {
    expect(headers).toMatchObject({
      authorization: basic,
      cookie: 'a=geheim',
      'x-key': 'geheim',
      'user-agent': 'probe/1',
    });
  }
  expect(other.requests).toHaveLength(1);
  expect(other.requests[0]?.headers).toEqual({
    host: `127.0.0.1:${other.port}`,
    'user-agent': 'probe/1',
    accept: '*/*',
    'accept-encoding': 'gzip, br',
    connection: 'close',
  });
  expect(JSON.stringify(result)).not.toContain('geheim');
});

test.for([
  ['POST', '301 Moved', 'GET'],
  ['POST', '303 See Other', 'GET'],
  ['POST', '307 Temporary Redirect', 'POST'],
  ['HEAD', '303 See Other', 'HEAD'],
  ['OPTIONS', '303 See Other', 'GET'],
] as const)('%s, redirected with %s, goes on as %s', async ([method, status, then]) => {
  await using site = await openSite({ '/1': moved('/2', status), '/2': answer('200 OK', {}, '') });
  expect(await checkOnce({ url: `${site.origin}/1`, method })).toMatchObject({ ok: true });
  expect(site.requests.map((request) => request.method)).toEqual([method, then]);
});
