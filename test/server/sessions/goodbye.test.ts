import { expect, test } from 'vitest';
import { ping } from '../../../src/index.ts';
import { bootB, hello } from '../../support/hello.ts';
import { openServer } from '../../support/library.ts';
import { rawClient } from '../../support/raw-client.ts';

const anHour = 3_600_000;

test('a client that says goodbye is offline, and its unanswered jobs are lost at once, with its reason', async () => {
  await using server = await openServer({ lostAfterMs: anHour });
  await using client = await rawClient(server.endpoint, hello({ state: 'ready' }));
  await server.waitForClients(1);
  const group = await server.submit('w1', ping, {});
  await client.first('command');
  await client.send({ type: 'accepted', id: group.id }, { type: 'goodbye', reason: 'the night' });
  const error = { code: 'lost', message: expect.stringContaining('w1 said goodbye: the night') };
  expect(await group.outcomes).toMatchObject([{ outcome: 'lost', error }]);
  expect(await server.clients()).toMatchObject([{ name: 'w1', state: 'offline', runningJobs: 0 }]);
});

test('the jobs of a client whose connection ends without a goodbye are kept for the next process of that name', async () => {
  await using server = await openServer({ lostAfterMs: anHour });
  const client = await rawClient(server.endpoint, hello({ state: 'ready' }));
  await server.waitForClients(1);
  const group = await server.submit('w1', ping, {});
  await client.first('command');
  await client.send({ type: 'accepted', id: group.id });
  await group.accepted;
  await client[Symbol.asyncDispose]();
  await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  expect(await server.clients()).toMatchObject([{ name: 'w1', state: 'offline', runningJobs: 1 }]);
  // Another process: jobs of the first one are over.
  await using _next = await rawClient(server.endpoint, hello({ state: 'ready', bootId: bootB }));
  expect(await group.outcomes).toMatchObject([{ outcome: 'lost' }]);
});

test('a closing server reports pending refusals at its end', async () => {
  const server = await openServer();
  await using _first = await rawClient(server.endpoint, hello());
  await server.waitForClients(1);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await using other = await rawClient(server.endpoint, hello({ bootId: bootB }));
    await other.first('refused');
  }
  const told = () =>
    server.told.of('client.refused').map(({ client, error, times = 1 }) => [client, error.code, times]);
  expect(told()).toStrictEqual([['w1', 'name_taken', 1]]);
  await server.close();
  expect(told()).toStrictEqual([
    ['w1', 'name_taken', 1],
    ['w1', 'name_taken', 2],
  ]);
});
