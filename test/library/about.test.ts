import { expect, test } from 'vitest';
import { ping } from '../../src/index.ts';
import { openPair, openServer, startClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';

test('a server knows the labels of a client, what it knows of its machine, and whether it was named', async () => {
  await using pair = await openPair({ client: { labels: { env: 'prod' }, named: false } });
  const facts = { os: process.platform, arch: process.arch, node: process.versions.node };
  expect(await pair.server.clients()).toMatchObject([{ labels: { env: 'prod' }, facts, named: false }]);
});

test('labels that have changed replace the others', async () => {
  await using pair = await openPair({ client: { labels: { env: 'prod' } } });
  pair.client.setLabels({ zone: 'eu/1' });
  const group = await pair.server.submit('w1', ping, {});
  await group.outcomes;
  expect(await pair.server.clients()).toMatchObject([{ labels: { zone: 'eu/1' }, named: true }]);
});

test.each<[string, Record<string, string>]>([
  ['a name that no client could have', { Env: 'prod' }],
  ['a value with a space', { env: 'prod eu' }],
  ['an empty value', { env: '' }],
  ['more than 64', Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x']))],
])('labels with %s are refused', async (_what, labels) => {
  await using server = await openServer();
  await expect(startClient(server, { labels })).rejects.toThrow(refusal('bad_usage'));
});
