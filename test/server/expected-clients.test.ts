import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { freePort } from '../support/free-port.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { LinkProxy } from '../support/proxy.ts';
import { refusal } from '../support/refusal.ts';
import { ScriptedStore } from '../support/scripted-store.ts';

const standing = async (server: Pick<Awaited<ReturnType<typeof openServer>>, 'clients'>) =>
  (await server.clients()).map(({ name, state, expected }) => `${name} ${state}${expected ? ', expected' : ''}`);

const words = (outcomes: readonly { client: string | null; outcome: string; error?: { code: string } }[]) =>
  outcomes.map(({ client, outcome, error }) => `${client} ${outcome}${error ? ` ${error.code}` : ''}`);

test('a server with keys names each client of its key folder that is absent, and pings the others', async () => {
  using keys = createKeyFolder('w1', 'w2');
  keys.store.add('web', { replicas: true });
  await using server = await openServer({ keys: keys.folder, reconnectWaitMs: 50 });
  expect(await standing(server)).toEqual(['w1 offline, expected', 'w2 offline, expected']);
  expect(await server.clients()).toMatchObject([{ bootId: undefined, silentMs: undefined, credential: 'w1' }, {}]);
  await using _ = await openClient(server, { credentials: keys.of('w1') });
  await server.waitForClients(1);
  const { outcomes } = await server.submit('all', ping, {});
  expect(words(await outcomes)).toEqual(['w1 completed', 'w2 rejected offline']);
  expect(words(await (await server.submit('online', ping, {})).outcomes)).toEqual(['w1 completed']);
  await expect(server.submit('web', ping, {})).rejects.toThrow(refusal('no_such_target'));
});

test('a command for a client that has not connected yet is sent when it connects', async () => {
  using keys = createKeyFolder('w1');
  await using server = await openServer({ keys: keys.folder, reconnectWaitMs: 600_000 });
  const [plain, timed] = [
    await server.submit('all', ping, {}),
    await server.submit('w1', ping, {}, { expiresInMs: 6e5 }),
  ];
  await using _ = await openClient(server, { credentials: keys.of('w1') });
  expect(words([...(await plain.outcomes), ...(await timed.outcomes)])).toEqual(['w1 completed', 'w1 completed']);
});

test('a command during a reconnect waits for it', async () => {
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  await using server = await openServer({ bind, reconnectWaitMs: 600_000 });
  await using proxy = await LinkProxy.start(Number(bind.split(':').at(-1)));
  await using _ = await openClient({ endpoint: `tcp://127.0.0.1:${proxy.port}` });
  await server.waitForClients(1);
  proxy.refuse();
  proxy.cut('rst');
  await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  const group = await server.submit('all', ping, {});
  expect((await server.list()).map(({ state }) => state)).toEqual(['waiting']);
  await proxy.accept();
  expect(words(await group.outcomes)).toEqual(['w1 completed']);
});

test('credentials that change while the server runs change who is expected, and end what waits', async () => {
  using keys = createKeyFolder('w1');
  await using server = await openServer({ keys: keys.folder, reconnectWaitMs: 600_000 });
  keys.store.add('w2');
  await server.told.first(({ type }) => type === 'client.expected');
  expect(await standing(server)).toEqual(['w1 offline, expected', 'w2 offline, expected']);
  const group = await server.submit('all', ping, {}, { expiresInMs: 600_000 });
  keys.store.revoke('w1', 'w2');
  const message = 'the credentials of w1 were revoked';
  expect((await group.outcomes)[0]).toMatchObject({ outcome: 'rejected', error: { code: 'offline', message } });
  expect(words(await group.outcomes)).toEqual(['w1 rejected offline', 'w2 rejected offline']);
  expect(server.told.of('client.forgotten')).toMatchObject([{ client: 'w1' }, { client: 'w2' }]);
  await expect(server.submit('all', ping, {})).rejects.toThrow(refusal('no_such_target'));
});

test('without keys the next server over the same store expects named clients that did not say goodbye', async () => {
  const data = createMemoryStore();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  const begin = () => openServer({ bind, store: new ScriptedStore(data), reconnectWaitMs: 600_000 });
  const closing = new AsyncDisposableStack();
  {
    await using server = await begin();
    const ended = await openClient(server, { name: 'ended' });
    for (const [name, named] of [
      ['w1', true],
      ['box-77', false],
    ] as const) {
      closing.use(await openClient(server, { name, named }));
    }
    await server.waitForClients(3);
    await ended.close();
    await server.told.first((event) => event.type === 'client.left' && event.client === 'ended');
  }
  // They end while there is no server.
  await closing.disposeAsync();
  await using server = await begin();
  expect(await standing(server)).toEqual(['w1 offline, expected']);
  const [view] = await server.clients();
  expect([typeof view?.silentMs, typeof view?.bootId, view?.host]).toEqual(['number', 'string', undefined]);
  const group = await server.submit('all', ping, {});
  await expect(server.submit('box-77', ping, {})).rejects.toThrow(refusal('no_such_target'));
  await using _ = await openClient(server, { name: 'w1' });
  expect(words(await group.outcomes)).toEqual(['w1 completed']);
});

test('a command with a waiting time outlives the server, and so does the client that it waits for', async () => {
  const data = createMemoryStore();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  const begin = () => openServer({ bind, store: new ScriptedStore(data), reconnectWaitMs: 600_000 });
  {
    await using server = await begin();
    const client = await openClient(server, { name: 'w1' });
    await server.waitForClients(1);
    await client.close();
    await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    // It has ended: without a waiting time there is nothing to wait for.
    expect(words(await (await server.submit('w1', ping, {})).outcomes)).toEqual(['w1 rejected offline']);
    await server.submit('w1', ping, {}, { expiresInMs: 600_000, key: 'k' });
  }
  await using server = await begin();
  const again = await openClient(server, { name: 'w1' });
  await server.told.first(({ type }) => type === 'job.settled');
  await again.close();
  const group = await server.submit('w1', ping, {}, { key: 'k' });
  expect(words(await group.outcomes)).toEqual(['w1 completed']);
});

test('a forgotten client is unknown to this server and the next, its jobs are lost, and it can connect again', async () => {
  const data = createMemoryStore();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  const begin = () => openServer({ bind, store: new ScriptedStore(data), reconnectWaitMs: 600_000 });
  await using proxy = await LinkProxy.start(Number(bind.split(':').at(-1)));
  {
    await using server = await begin();
    await using _ = await openClient({ endpoint: `tcp://127.0.0.1:${proxy.port}` });
    await server.waitForClients(1);
    await expect(server.forget('w1')).rejects.toThrow(refusal('bad_usage'));
    proxy.refuse();
    proxy.cut('rst');
    await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    const group = await server.submit('w1', ping, {}, { expiresInMs: 600_000 });
    await server.as('ann').forget('w1');
    expect(words(await group.outcomes)).toEqual(['w1 rejected offline']);
    expect(server.told.of('client.forgotten')).toMatchObject([{ client: 'w1', actor: 'ann' }]);
    expect(await server.clients()).toEqual([]);
    await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('no_such_target'));
    await expect(server.forget('w1')).rejects.toThrow(refusal('no_such_target'));
  }
  await using server = await begin();
  expect(await server.clients()).toEqual([]);
  await using _ = await openClient(server, { name: 'w1' });
  await server.waitForClients(1);
  expect(await standing(server)).toEqual(['w1 ready, expected']);
});

test('labels and facts of absent clients are known to the next server over the same store', async () => {
  const store = createMemoryStore();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  {
    await using server = await openServer({ bind, store: new ScriptedStore(store) });
    await using client = await openClient(server, { name: 'web-1', labels: { role: 'db' } });
    await server.waitForClients(1);
    await client.setLabels({ role: 'web' });
    await server.told.first(({ type }) => type === 'client.state');
    await (await server.submit('web-1', ping, {})).outcomes;
    // Disconnected without a goodbye.
    await server.close();
  }
  await using next = await openServer({ bind, store: new ScriptedStore(store) });
  expect(await next.resolve('role=web')).toEqual(['web-1']);
  expect((await next.clients())[0]).toMatchObject({
    name: 'web-1',
    state: 'offline',
    labels: { role: 'web' },
    facts: { os: process.platform },
  });
  await expect(next.resolve('role=db')).rejects.toThrow(refusal('no_such_target'));
});
