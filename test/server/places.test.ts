import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import type { Event, Interceptor, JobGroup } from '../../src/index.ts';
import type { Batch, JobStore } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { freePort } from '../support/free-port.ts';
import { openServer, startClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';
import { ScriptedStore, storedWords } from '../support/scripted-store.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const minute = 60_000;

/** Servers of one store on one port, one after the other, and clients that connect on request. */
async function openScene(options: { data?: JobStore; interceptors?: readonly Interceptor[] } = {}) {
  const { data = createMemoryStore(), interceptors = [] } = options;
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  const stack = new AsyncDisposableStack();
  const steps = createSteps();
  const begin = async (store = new ScriptedStore(data)) => {
    const server = stack.use(await openServer({ bind, store, commands: [stepwise], interceptors }));
    return Object.assign(server, { store });
  };
  const join = async (name: string, labels: Record<string, string> = {}) =>
    stack.use(await startClient({ endpoint: bind }, { name, labels, commands: [steps.implementation] }));
  const server = await begin();
  return { server, steps, begin, join, data, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const label = { label: 'a' };
const clientsOf = ({ jobs }: JobGroup) => jobs.map(({ client, place }) => client ?? `#${place}`);
const isPlaced = (event: Event) => event.type === 'job.placed';

test('places that no client fits wait, and get clients that connect later', async () => {
  await using scene = await openScene();
  const { server, steps, join } = scene;
  const group = await server.submit('role=web', stepwise, label, { pick: 2, expiresInMs: minute });
  expect(clientsOf(group)).toEqual(['#1', '#2']);
  expect(await server.list()).toMatchObject([
    { client: null, place: 1, state: 'waiting' },
    { client: null, place: 2, state: 'waiting' },
  ]);
  await join('w1', { role: 'db' });
  await join('w2', { role: 'web' });
  const placed = await server.told.first(isPlaced);
  expect(placed).toMatchObject({ id: group.id, client: 'w2', place: 1, command: 'stepwise' });
  (await steps.begins()).end();
  expect(await group.jobs[0]?.outcome).toMatchObject({ client: 'w2', place: 1, outcome: 'completed' });
  expect(clientsOf(group)).toEqual(['w2', '#2']);
  expect(await server.get({ id: group.id, client: null, place: 1 })).toMatchObject({
    client: 'w2',
    bootId: placed && expect.any(String),
  });
  await join('w3', { role: 'web' });
  (await steps.begins(2)).end();
  expect((await group.outcomes).map(({ client }) => client)).toEqual(['w2', 'w3']);
  const types = server.told.all.filter((event) => 'id' in event && event.place === 1).map(({ type }) => type);
  expect(types).toEqual(['job.submitted', 'job.placed', 'job.accepted', 'job.settled']);
});

test('clients that fit are bound at once, and only the remaining places wait', async () => {
  await using scene = await openScene();
  await scene.join('w1');
  await scene.server.waitForClients(1);
  await scene.server.told.first((event) => event.type === 'client.state' && event.state === 'ready');
  const group = await scene.server.submit('w*', stepwise, label, { pick: 2, expiresInMs: minute });
  expect(clientsOf(group)).toEqual(['w1', '#1']);
  await expect(scene.server.submit('w*', stepwise, label, { pick: 2 })).rejects.toThrow(refusal('no_such_target'));
});

test('an unknown name is refused; a pattern or a label waits', async () => {
  await using scene = await openScene();
  const submit = (target: string) => scene.server.submit(target, stepwise, label, { pick: 1, expiresInMs: minute });
  await expect(submit('w7')).rejects.toThrow(refusal('no_such_target'));
  for (const target of ['all', 'online', 'w?', 'env=prod+w*,!w-old-*'])
    expect(clientsOf(await submit(target))).toEqual(['#1']);
});

test('a place ends once, cancelled or expired, and then gets no client', async () => {
  await using scene = await openScene();
  const { server } = scene;
  const group = await server.submit('all', stepwise, label, { pick: 2, expiresInMs: minute });
  const late = await server.submit('all', stepwise, label, { pick: 1, expiresInMs: 0 });
  await group.jobs[1]?.cancel();
  expect(await group.jobs[1]?.outcome).toMatchObject({ client: null, place: 2, outcome: 'cancelled' });
  expect(await late.outcomes).toMatchObject([{ client: null, place: 1, outcome: 'expired' }]);
  await server.cancel([{ id: group.id, client: null, place: 1 }]);
  await scene.join('w1');
  await server.waitForClients(1);
  expect((await group.outcomes).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  expect(scene.steps.begun).toEqual([]);
  await expect(server.get({ id: group.id, client: null, place: 3 })).rejects.toThrow(refusal('no_such_job'));
});

test('places survive the server, with what they wait for and which clients are excluded', async () => {
  await using scene = await openScene();
  const { server, steps, join, begin, data } = scene;
  await join('w1');
  const group = await server.submit('w*', stepwise, label, { pick: 2, expiresInMs: minute, key: 'k' });
  (await steps.begins()).end();
  expect(await group.jobs[0]?.outcome).toMatchObject({ client: 'w1', outcome: 'completed' });
  await server.close();
  const next = await begin();
  const again = await next.submit('w*', stepwise, label, { pick: 2, expiresInMs: minute, key: 'k' });
  expect([again.id, clientsOf(again).sort()]).toEqual([group.id, ['#2', 'w1']]);
  await next.waitForClients(1);
  await join('w2');
  await steps.begins(2);
  expect(await storedWords(data)).toEqual(['1 w1 completed', '1 w2 bound']);
  steps.begun[1]?.end();
  expect((await again.outcomes).map(({ client }) => client).sort()).toEqual(['w1', 'w2']);
});

const hasPlaced = ({ changes }: Batch) => changes.some(({ type }) => type === 'placed');

test('nothing is sent before the client of a place is stored; a server that dies earlier leaves the place', async () => {
  await using scene = await openScene();
  const { server, steps, join, begin } = scene;
  const group = await server.submit('all', stepwise, label, { pick: 1, expiresInMs: minute });
  server.store.fateOf = (batch) => (hasPlaced(batch) ? 'replaced' : 'done');
  await join('w1');
  expect(await server.closed).toMatchObject({ code: 'store_in_use' });
  expect([steps.begun.length, server.told.all.filter(isPlaced)]).toEqual([0, []]);
  const next = await begin();
  expect(await next.get({ id: group.id, client: null, place: 1 })).toMatchObject({ client: null, state: 'waiting' });
  await steps.begins();
  expect(await next.get({ id: group.id, client: 'w1' })).toMatchObject({ client: 'w1', place: 1 });
  expect(steps.begun).toHaveLength(1);
});

test('if a server dies after the client of a place is stored and before it is sent, the next one sends it to that client only', async () => {
  const data = createMemoryStore();
  await using scene = await openScene({ data });
  const { server, steps, join, begin } = scene;
  const group = await server.submit('all', stepwise, label, { pick: 1, expiresInMs: minute });
  // It is committed, and the server never learns of it.
  server.store.fateOf = (batch) => {
    if (!hasPlaced(batch)) return 'done';
    void data.commit(batch);
    return 'replaced';
  };
  await join('w1');
  await server.closed;
  await join('w2');
  const next = await begin();
  expect(await next.get({ id: group.id, client: null, place: 1 })).toMatchObject({ client: 'w1', state: 'sent' });
  await steps.begins();
  expect(await next.get({ id: group.id, client: 'w1' })).toMatchObject({ place: 1 });
  await next.waitForClients(2);
  expect(steps.begun).toHaveLength(1);
});

test('a client that has received later commands still runs the command of a place, once', async () => {
  await using scene = await openScene();
  const { server, steps, join } = scene;
  const group = await server.submit('role=web', stepwise, label, { pick: 1, expiresInMs: minute });
  const client = await join('w1');
  await server.waitForClients(1);
  for (let times = 0; times < 3; times += 1) await (await server.submit('w1', ping, {})).outcomes;
  await client.setLabels({ role: 'web' });
  (await steps.begins()).end();
  expect(await group.outcomes).toMatchObject([{ id: group.id, client: 'w1', outcome: 'completed' }]);
});

test("a client's job of a place that has ended is acknowledged by the next server, and is no other job", async () => {
  await using scene = await openScene();
  const { server, steps, join, begin } = scene;
  const group = await server.submit('all', stepwise, label, { pick: 1, expiresInMs: minute });
  const client = await join('w1');
  const { end } = await steps.begins();
  await server.close();
  end();
  await client.told.first(({ type }) => type === 'ended');
  const next = await begin();
  await next.told.first(({ type }) => type === 'job.settled');
  await next.close();
  const last = await begin();
  await last.waitForClients(1);
  expect((await last.history()).jobs).toMatchObject([{ id: group.id, client: 'w1', place: 1, outcome: 'completed' }]);
  expect(await last.list()).toEqual([]);
});

test('interceptors see the submission again, and a place is not bound to a client that they exclude', async () => {
  const calls: { clients: readonly string[]; isAgain: boolean }[] = [];
  const hidesFirst: Interceptor = async (call, next) => {
    if (call.method !== 'submit') return await next(call);
    calls.push({ clients: call.clients, isAgain: call.batchId !== undefined });
    const group = (await next({ ...call, clients: call.clients.filter((client) => client !== 'w1') })) as JobGroup;
    expect(group.jobs).toHaveLength(1);
    return group;
  };
  await using scene = await openScene({ interceptors: [hidesFirst] });
  const { server, steps, join } = scene;
  const group = await server.submit('all', stepwise, label, { pick: 1, expiresInMs: minute });
  await join('w1');
  await join('w2');
  await steps.begins();
  expect(clientsOf(group)).toEqual(['w2']);
  expect(calls[0]).toEqual({ clients: [], isAgain: false });
  expect(calls.at(-1)).toEqual({ clients: expect.arrayContaining(['w2']), isAgain: true });
});

test('an interceptor that throws leaves the places waiting for other clients', async () => {
  const refusesFirst: Interceptor = async (call, next) => {
    if (call.method === 'submit' && call.clients.includes('w1')) throw new Error('not w1');
    return await next(call);
  };
  await using scene = await openScene({ interceptors: [refusesFirst] });
  const { server, steps, join } = scene;
  const group = await server
    .submit('w*,!w0', stepwise, label, { pick: 1, expiresInMs: minute })
    .catch((error) => error);
  expect(group).toMatchObject({ code: 'no_such_target' });
  const waiting = await server.submit('w*', stepwise, label, { pick: 1, expiresInMs: minute });
  const first = await join('w1');
  await server.waitForClients(1);
  await first.close();
  await join('w2');
  await steps.begins();
  expect(clientsOf(waiting)).toEqual(['w2']);
});
