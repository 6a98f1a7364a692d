import { expect, test } from 'vitest';
import type { Lookup } from '../../../src/plugins/check/http/names.ts';
import { answer, openSite } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';

const byDefault = { policy: { private: false } };

/** Names that resolve to forbidden addresses, as an attacker's would. */
const names: Readonly<Record<string, readonly string[]>> = {
  'loopback.example': ['127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'mapped.example': ['::ffff:10.0.0.1'],
  'both.example': ['93.184.215.14', '127.0.0.1'],
  'six.example': ['2606:2800:21f::1', 'fd00::1'],
  localhost: ['::1', '127.0.0.1'],
};
const lookup: Lookup = async (host) => names[host] ?? [];

const targets = [
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://127.1/',
  'http://127.0.0.1./',
  'http://0/',
  'http://localhost/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[2001:db8:0:1::5efe:a00:1]/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://example.org@127.0.0.1/',
  'http://①②⑦.⓪.⓪.①/',
  'http://loopback.example/',
  'http://metadata.example/',
  'http://mapped.example/',
  'http://both.example/',
  'http://six.example/',
];

test.for(targets)('%s is refused by default, and nothing connects', async (target) => {
  const result = await checkOnce({ url: target }, { ...byDefault, lookup });
  expect(result).toMatchObject({
    ok: false,
    errorKind: 'refused_address',
    connectMs: null,
    address: null,
    redirects: 0,
  });
});

test.for([
  'http://169.254.169.254/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://0.0.0.0/',
  'http://metadata.example/',
])('%s is refused even if private addresses are allowed', async (url) => {
  expect(await checkOnce({ url }, { lookup })).toMatchObject({ errorKind: 'refused_address', connectMs: null });
});

test('each hop is checked again: a redirect to this machine is refused before it connects', async () => {
  await using inside = await openSite({});
  await using site = await openSite({
    '/': answer('302 Found', { location: `http://169.254.169.254:${inside.port}/` }, ''),
  });
  const result = await checkOnce({ url: `${site.origin}/` });
  expect(result).toMatchObject({ ok: false, errorKind: 'refused_address', redirects: 1, address: '127.0.0.1' });
  expect(site.requests).toHaveLength(1);
  expect(inside.connections).toBe(0);
});

test('a name is resolved once per hop, and the connection uses the checked address', async () => {
  await using site = await openSite({ '/': answer('302 Found', { location: '/' }, '') });
  const asked: string[] = [];
  // The first answer is an allowed address, later answers are not.
  const rebinding: Lookup = async (host) => {
    asked.push(host);
    return asked.length === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
  };
  const result = await checkOnce({ url: `http://rebinding.example:${site.port}/` }, { lookup: rebinding });
  expect(result).toMatchObject({ errorKind: 'refused_address', address: '127.0.0.1', redirects: 1 });
  expect(asked).toEqual(['rebinding.example', 'rebinding.example']);
  expect(site.requests).toHaveLength(1);
});
