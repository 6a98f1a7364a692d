import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ping } from '../../src/index.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

function newEndpoint(): string {
  const folder = newFolder();
  return `ipc://${join(folder, 's.sock')}`;
}

test('clients can join a server at its address and at its private endpoint', async () => {
  const privateBind = newEndpoint();
  await using server = await openServer({ privateBind });
  expect(server.endpoint).toMatch(/^tcp:/);
  await using _one = await openClient(server, { name: 'one' });
  await using _two = await openClient({ endpoint: privateBind }, { name: 'two' });
  await server.waitForClients(2);
  expect(await (await server.submit(['one', 'two'], ping, {})).outcomes).toMatchObject([
    { client: 'one', outcome: 'completed' },
    { client: 'two', outcome: 'completed' },
  ]);
});

test('a private endpoint that other users could reach is refused', async () => {
  await expect(openServer({ privateBind: 'tcp://127.0.0.1:*' })).rejects.toStrictEqual(refusal('bad_usage'));
  await expect(openServer({ privateBind: `ipc://${tmpdir()}/s.sock` })).rejects.toStrictEqual(
    refusal('insecure_endpoint'),
  );
});
