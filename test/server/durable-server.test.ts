import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import { SignalboxError } from '../../schemas/index.ts';
import type { JobStore } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { freePort } from '../support/free-port.ts';
import { openClient, openServer, startClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';
import { ScriptedStore, storedWords } from '../support/scripted-store.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

/** Servers of one store on one port, one after the other, and a client that stays connected. */
async function openScene(options: { data?: JobStore } = {}) {
  const data = options.data ?? createMemoryStore();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  await using opening = new AsyncDisposableStack();
  const stack = opening.use(new AsyncDisposableStack());
  const steps = createSteps();
  const begin = async (store = new ScriptedStore(data)) => {
    const server = stack.use(await openServer({ bind, store, commands: [stepwise] }));
    return Object.assign(server, { store });
  };
  const server = await begin();
  const client = stack.use(await startClient({ endpoint: bind }, { commands: [steps.implementation] }));
  await server.waitForClients(1);
  const kept = opening.move();
  return { server, client, steps, begin, data, bind, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const label = (text: string) => ({ label: text });

test('a submission resolves when it is stored, and nothing of it is sent or reported before', async () => {
  await using scene = await openScene();
  const { server, steps } = scene;
  const gate = Promise.withResolvers<void>();
  server.store.fateOf = () => gate.promise;
  let isSubmitted = false;
  const submitting = server.submit('w1', stepwise, label('a')).finally(() => (isSubmitted = true));
  await server.store.gets('submitted');
  // A whole round trip to the client, in which the command would have been sent.
  await server.told.first(({ type }) => type === 'client.joined');
  expect([isSubmitted, steps.begun.length, server.told.of('job.submitted'), await server.list()]).toEqual([
    false,
    0,
    [],
    [],
  ]);
  gate.resolve();
  const group = await submitting;
  (await steps.begins()).end();
  expect((await group.outcomes).map(({ outcome }) => outcome)).toEqual(['completed']);
  expect(server.told.all.map(({ type }) => type).filter((type) => type.startsWith('job.'))).toEqual([
    'job.submitted',
    'job.accepted',
    'job.settled',
  ]);
});

test('an outcome is not reported, shown by its handle or acknowledged before it is stored', async () => {
  await using scene = await openScene();
  const { server, client, steps } = scene;
  const [job] = (await server.submit('w1', stepwise, label('a'))).jobs;
  const gate = Promise.withResolvers<void>();
  server.store.fateOf = () => gate.promise;
  (await steps.begins()).end();
  await server.store.gets('settled');
  const shown = async () => {
    const one = { id: job?.id ?? '', client: 'w1' };
    const views = [await server.get(one), ...(await server.list()), ...(await server.history()).jobs];
    return views.map(({ state, outcome: how, settledAtMs }) => [state, how, typeof settledAtMs]);
  };
  let outcome = 'none';
  void job?.outcome.then((one) => (outcome = one.outcome));
  await client.told.first(({ type }) => type === 'ended');
  expect([outcome, server.told.of('job.settled')]).toEqual(['none', []]);
  expect(await shown()).toEqual(Array.from({ length: 3 }, () => ['accepted', undefined, 'undefined']));
  gate.resolve();
  await server.told.first(({ type }) => type === 'job.settled');
  expect((await job?.outcome)?.outcome).toBe('completed');
  expect(await shown()).toEqual(Array.from({ length: 3 }, () => ['settled', 'completed', 'number']));
  await server.close();
  await client.close();
  expect(client.told.of('left')).toEqual([]);
});

test('if the store refuses, the caller gets the error, nothing is sent and its key is free; later submissions work again', async () => {
  await using scene = await openScene();
  const { server, steps } = scene;
  server.store.fateOf = () => 'refused';
  const submit = () => server.submit('w1', stepwise, label('a'), { key: 'k' });
  await expect(submit()).rejects.toThrow(refusal('unavailable'));
  await expect(submit()).rejects.toThrow(refusal('unavailable'));
  expect([await server.list(), server.told.of('job.submitted')]).toEqual([[], []]);
  await server.store.getsMore();
  const told = () => server.told.of('store').map(({ operation, error }) => [operation, error?.code]);
  expect(told()).toEqual([['commit', 'unavailable']]);
  server.store.fateOf = () => 'done';
  await server.store.getsMore();
  const group = await submit();
  (await steps.begins()).end();
  await group.outcomes;
  expect(told()).toEqual([
    ['commit', 'unavailable'],
    ['commit', undefined],
  ]);
  expect(steps.begun).toHaveLength(1);
  expect(await storedWords(scene.data)).toEqual([expect.stringMatching(/ w1 completed$/)]);
});

test('the next server continues jobs, ids, numbers and keys, and finds jobs that ended before', async () => {
  await using scene = await openScene();
  const { server, steps } = scene;
  const ended = await server.submit('w1', stepwise, label('ended'), { key: 'ended' });
  const step = await steps.begins(1);
  step.job.output('stdout', 'some text');
  step.end();
  await ended.outcomes;
  const running = await server.submit('w1', stepwise, label('running'), { key: 'running' });
  await steps.begins(2);
  await server.close();

  const next = await scene.begin();
  await next.waitForClients(1);
  expect(next.told.of('job.accepted').map(({ id, adopted }) => [id, adopted])).toEqual([[running.id, undefined]]);
  const same = await next.submit('w1', stepwise, label('running'), { key: 'running' });
  expect(same.id).toBe(running.id);
  steps.begun[1]?.end();
  expect((await same.outcomes).map(({ outcome }) => outcome)).toEqual(['completed']);
  expect(steps.begun).toHaveLength(2);

  const key = { id: ended.id, client: 'w1' };
  expect(await next.get(key)).toMatchObject({ ...key, state: 'settled', outcome: 'completed', args: label('ended') });
  expect((await next.output(key)).map(({ data }) => Buffer.from(data).toString())).toEqual(['some text']);
  expect(await next.records(key)).toEqual([]);
  await next.cancel([key]);
  await expect(next.signal([key], 'SIGHUP')).rejects.toThrow(refusal('offline'));
  await expect(next.get({ id: 'eeeeeeee.1', client: 'w1' })).rejects.toThrow(refusal('no_such_job'));

  const [only] = (await next.history({ number: 1 })).jobs;
  expect(only).toMatchObject({
    ...key,
    number: 1,
    actor: 'owner',
    state: 'settled',
    outcome: 'completed',
  });
  expect((await next.history({}, { limit: 1 })).jobs.map(({ id, state }) => [id, state])).toEqual([
    [running.id, 'settled'],
  ]);

  const again = await next.submit('w1', stepwise, label('ended'), { key: 'ended' });
  expect([again.id, (await again.outcomes)[0]?.outcome]).toEqual([ended.id, 'completed']);
  await expect(next.submit('w1', stepwise, label('other'), { key: 'ended' })).rejects.toThrow(refusal('bad_usage'));
  const ping1 = await next.submit('w1', ping, {});
  await ping1.outcomes;
  expect(await storedWords(scene.data)).toEqual(['1 w1 completed', '2 w1 completed', '3 w1 completed']);
});

test('the store is searched for a key, unless the caller has just generated it', async () => {
  await using scene = await openScene();
  const { store } = scene.server;
  const searched: string[] = [];
  store.findByKey = async (_, key) => {
    searched.push(key);
    return [];
  };
  const submit = (key: string, options = {}) => scene.server.submit('w1', ping, {}, { key, ...options });
  const made = await submit('made up', { keyIsNew: true });
  await submit('of a list');
  expect(searched).toEqual(['of a list']);
  expect(await submit('made up')).toBe(made);
});

test('submissions of one actor keep their order, even if one must look up its key in the store', async () => {
  await using scene = await openScene();
  const { server, steps } = scene;
  const all = [
    server.submit('w1', stepwise, label('a'), { key: 'k' }),
    server.submit('w1', stepwise, label('b')),
    server.submit('w1', stepwise, label('c'), { key: 'l' }),
  ];
  await Promise.all(all);
  await steps.begins(3);
  expect(steps.begun.map((one) => one.label)).toEqual(['a', 'b', 'c']);
});

test('a job stored as lost is settled by its late outcome, which is stored, however many servers later', async () => {
  await using scene = await openScene();
  const { server, client, steps, begin, data } = scene;
  const group = await server.submit('w1', stepwise, label('a'));
  await steps.begins();
  await server.close();
  // An earlier server has given it up.
  const other = new ScriptedStore(data);
  await other.take({ epoch: 'dddddddddddd', endpoint: '', host: '', pid: 0 });
  const job = { id: group.id, client: 'w1' };
  const lost = { outcome: 'lost', error: { code: 'lost', message: 'gone' } } as const;
  const settlement = { type: 'settled', job, settlement: lost, atMs: 1, output: [], isLast: true } as const;
  await other.commit({ number: 1, changes: [settlement] });

  const next = await begin();
  await next.waitForClients(1);
  steps.begun[0]?.end();
  await next.told.first(({ type }) => type === 'job.late');
  expect(await storedWords(data)).toEqual(['1 w1 lost completed']);
  await next.close();
  await client.close();
  expect(client.told.of('left')).toEqual([]);
});

test('messages about jobs wait while listed jobs are looked up; the session and other sessions continue', async () => {
  await using scene = await openScene();
  const { server, steps, begin, bind } = scene;
  await server.submit('w1', stepwise, label('a'));
  const step = await steps.begins();
  step.end();
  await server.told.first(({ type }) => type === 'job.settled');
  const running = await server.submit('w1', stepwise, label('b'));
  await steps.begins(2);
  await server.close();
  // Not in the store: a job that only the client has.
  const gate = Promise.withResolvers<void>();
  const blank = new ScriptedStore();
  blank.beforeFind = () => gate.promise;
  await using other = await openServer({ bind, store: blank, adopt: true, commands: [stepwise] });
  await other.told.first(({ type }) => type === 'client.joined');
  await using _second = await openClient({ endpoint: bind }, { name: 'w2' });
  await other.waitForClients(1);
  expect((await other.list()).map(({ id }) => id)).toEqual([]);
  gate.resolve();
  await other.waitForClients(2);
  expect((await other.list()).map(({ id, adopted }) => [id, adopted])).toEqual([[running.id, true]]);
  step.end();
  steps.begun[1]?.end();
  await other.told.first(({ type }) => type === 'job.settled');
  expect(await storedWords(blank)).toEqual(['1 w1 completed']);
  await other.close();
  await begin();
});

test('a server that cannot open its store does not listen', async () => {
  const store = new ScriptedStore();
  store.take = () => Promise.reject(Object.assign(new Error('held'), { code: 'store_in_use' }));
  const port = await freePort();
  await expect(openServer({ bind: `tcp://127.0.0.1:${port}`, store })).rejects.toThrow('held');
  const socket = connect(port, '127.0.0.1');
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

test('a server whose store was taken by another server ends by itself with the reason', async () => {
  await using scene = await openScene();
  const { server } = scene;
  server.store.fateOf = () => 'replaced';
  await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('store_in_use'));
  expect(await server.closed).toMatchObject({ code: 'store_in_use' });
  await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('store_in_use'));
  expect(await storedWords(scene.data)).toEqual([]);
});

test('so does a server that commits nothing, when its store reports that another server has taken it', async () => {
  const store = new ScriptedStore();
  const { promise: replaced, resolve } = Promise.withResolvers<SignalboxError>();
  store.take = async (holder) => ({ ...(await store.inner.take(holder)), replaced });
  await using server = await openServer({ store });
  resolve(new SignalboxError('store_in_use', 'another server holds it'));
  expect(await server.closed).toMatchObject({ code: 'store_in_use' });
  expect(store.given).toEqual([]);
});

test('closing waits until everything is stored, and acknowledges it', async () => {
  await using scene = await openScene();
  const { server, client, steps, data } = scene;
  const gate = Promise.withResolvers<void>();
  await server.submit('w1', stepwise, label('a'));
  server.store.fateOf = () => gate.promise;
  (await steps.begins()).end();
  await server.store.gets('settled');
  const closing = server.close();
  gate.resolve();
  await closing;
  expect(await storedWords(data)).toEqual(['1 w1 completed']);
  expect(await server.closed).toBeUndefined();
  await client.close();
  expect(client.told.of('left')).toEqual([]);
});

test('the store has each client, its process, and whether its owner named it', async () => {
  const store = new ScriptedStore();
  await using server = await openServer({ store });
  await using client = await openClient(server, { name: 'w1', named: true });
  await server.waitForClients(1);
  const { changes } = await store.gets('client');
  expect(changes).toMatchObject([{ client: { name: 'w1', bootId: client.bootId, named: true } }]);
});

test('without a durable store the history has the known jobs, by pages and filters, newest first', async () => {
  await using pair = await openServer({ store: createMemoryStore() });
  await using _one = await openClient(pair, { name: 'w1' });
  await using _two = await openClient(pair, { name: 'w2' });
  await pair.waitForClients(2);
  for (const target of ['w1', 'all', 'w2']) await (await pair.as('me').submit(target, ping, {})).outcomes;
  const words = async (...asked: Parameters<typeof pair.history>) => {
    const { jobs, next } = await pair.history(...asked);
    return { jobs: jobs.map(({ number, client, actor, outcome }) => `${number} ${client} ${actor} ${outcome}`), next };
  };
  const first = await words({}, { limit: 3 });
  expect(first.jobs).toEqual(['3 w2 me completed', '2 w2 me completed', '2 w1 me completed']);
  expect(await words({}, { limit: 3, from: first.next ?? '' })).toEqual({
    jobs: ['1 w1 me completed'],
    next: undefined,
  });
  expect((await words({ client: 'w1', outcomes: ['completed'] })).jobs).toHaveLength(2);
  expect((await words({ sinceMs: Date.now() + 60_000 })).jobs).toEqual([]);
  await expect(words({}, { from: 'x' })).rejects.toThrow(refusal('bad_usage'));
  for (const limit of [0, 1.5, Number.NaN, 1_001]) {
    await expect(words({}, { limit })).rejects.toThrow(refusal('bad_usage'));
  }
});
