import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createClient, ping } from '../../src/index.ts';
import { openClient, openPair, openServer, startClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';

describe('one live session per name', () => {
  test('a second client with the name gets the reason, retries, and joins when the first has closed', async () => {
    await using pair = await openPair();
    const { server, client } = pair;
    await using second = await startClient(server);
    const turnedAway = await second.told.first((event) => event.type === 'disconnected');
    expect(turnedAway).toMatchObject({ error: { code: 'name_taken' } });
    const refused = await server.told.first((event) => event.type === 'client.refused');
    expect(refused).toMatchObject({ client: 'w1', error: { code: 'name_taken' } });
    expect(await server.clients()).toMatchObject([{ name: 'w1', bootId: client.bootId, state: 'ready' }]);
    expect(await (await server.submit('w1', ping, {})).outcomes).toMatchObject([{ outcome: 'completed' }]);
    await client.close();
    await second.told.first((event) => event.type === 'connected');
    await server.waitForClients(1);
    expect(await server.clients()).toMatchObject([{ name: 'w1', bootId: second.bootId, state: 'ready' }]);
    expect(await (await server.submit('w1', ping, {})).outcomes).toMatchObject([{ outcome: 'completed' }]);
  });

  test('clients with other names join next to it', async () => {
    await using server = await openServer();
    await using one = await openClient(server, { name: 'w1' });
    await using two = await openClient(server, { name: 'w2', ready: false });
    await server.waitForClients(2);
    expect((await server.clients()).map(({ name, state }) => [name, state])).toStrictEqual([
      [one.name, 'ready'],
      [two.name, 'unready'],
    ]);
  });
});

describe('an invalid option is refused before anything is dialled:', () => {
  test.each(['', 'all', 'W1', '-w', 'w 1', `w${'x'.repeat(63)}`])("the name '%s'", async (name) => {
    await expect(createClient({ connect: 'tcp://127.0.0.1:1', name })).rejects.toThrow(refusal('bad_usage'));
  });

  test.each([
    ['tcp://10.0.0.1:5555', 'insecure_endpoint'],
    ['http://127.0.0.1', 'bad_usage'],
    ['ipc://relative', 'bad_usage'],
  ] as const)('the endpoint %s', async (endpoint, code) => {
    await expect(createClient({ connect: endpoint, name: 'w1' })).rejects.toThrow(refusal(code));
    await expect(openServer({ bind: endpoint })).rejects.toThrow(refusal(code));
  });
});

test('an address in use cannot be bound', async () => {
  await using server = await openServer();
  await expect(openServer({ bind: server.endpoint })).rejects.toThrow(refusal('cannot_bind'));
});

test('waiting for clients ends when its signal aborts', async () => {
  await using server = await openServer();
  const waiting = new AbortController();
  const clients = server.waitForClients(1, { signal: waiting.signal });
  const why = new Error('long enough');
  waiting.abort(why);
  await expect(clients).rejects.toBe(why);
  await expect(server.waitForClients(1, { signal: waiting.signal })).rejects.toBe(why);
  await server.waitForClients(0);
});

test('waiting for clients leaves no listener on its signal', async () => {
  await using server = await openServer();
  const { signal } = new AbortController();
  const waiting = server.waitForClients(1, { signal });
  expect(getEventListeners(signal, 'abort')).not.toEqual([]);
  await using _client = await openClient(server);
  await waiting;
  expect(getEventListeners(signal, 'abort')).toStrictEqual([]);
});
