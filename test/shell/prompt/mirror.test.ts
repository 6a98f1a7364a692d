import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createClient } from '../../../src/index.ts';
import type { ClientView } from '../../../src/plugin/client-view.ts';
import type { JobService, JobView } from '../../../src/plugin/job-service.ts';
import { Mirror } from '../../../src/shell/prompt/mirror.ts';
import { openScene, type Scene } from '../../support/in-process-shell.ts';

/** A mirror of the scene's service, and the number of calls of each method. */
async function open({ shell }: Scene) {
  const calls: string[] = [];
  const asked = <Given extends unknown[], Answer>(name: string, call: (...given: Given) => Answer) => ({
    value: (...given: Given) => {
      calls.push(name);
      return call(...given);
    },
  });
  const { service: own } = shell;
  const service: JobService = Object.create(own, {
    list: asked('list', (filter: object) => own.list(filter)),
    clients: asked('clients', () => own.clients()),
    resolve: asked('resolve', (target: readonly string[]) => own.resolve(target)),
  });
  let answers = 0;
  const mirror = new Mirror({ service, events: shell.events }, () => (answers += 1));
  await nextTurn();
  calls.length = 0;
  return { mirror, calls, answers: () => answers };
}

const named = ({ mirror }: { mirror: Mirror }) => mirror.clients().map(({ name, state }) => `${name} ${state}`);

test('it has the clients and jobs from before its start, and follows changes', async () => {
  await using scene = await openScene();
  await scene.run('ping', 'wait');
  const known = await open(scene);
  expect(named(known)).toEqual(['w1 ready']);
  expect(known.mirror.jobs()).toMatchObject([{ command: 'ping', client: 'w1', outcome: 'completed' }]);
  const { endpoint } = scene.server;
  const other = await createClient({ connect: endpoint, name: 'w2', commands: [] });
  await scene.server.waitForClients(2);
  await nextTurn();
  expect(named(known)).toEqual(['w1 ready', 'w2 unready']);
  expect(known.mirror.counts).toEqual({ ready: 1, online: 2 });
  await other.close();
  await expect.poll(() => named(known), { timeout: 50_000 }).toEqual(['w1 ready', 'w2 offline']);
  expect(known.mirror.counts).toEqual({ ready: 1, online: 1 });
});

test('labels and facts of clients are known, and requested again some time after others have joined', async () => {
  await using scene = await openScene();
  const { mirror, calls } = await open(scene);
  expect(mirror.clients()).toMatchObject([{ name: 'w1', labels: {}, facts: { os: process.platform } }]);
  const { endpoint } = scene.server;
  await using _ = await createClient({ connect: endpoint, name: 'w2', commands: [], labels: { env: 'prod' } });
  await using _other = await createClient({ connect: endpoint, name: 'w3', commands: [], labels: { env: 'dev' } });
  await scene.server.waitForClients(3);
  await nextTurn();
  for (let tick = 0; tick < 100; tick += 1) await mirror.refresh();
  expect(calls.filter((name) => name === 'clients')).toHaveLength(1);
  expect(mirror.clients().map(({ labels }) => labels)).toEqual([{}, { env: 'prod' }, { env: 'dev' }]);
});

test('a job is known from its submission until its end, a control command never', async () => {
  await using scene = await openScene();
  const { mirror } = await open(scene);
  await scene.run('start', 'calculate 600 x');
  expect(mirror.jobs()).toMatchObject([{ command: 'calculate', state: 'accepted' }]);
  await mirror.refresh();
  expect(mirror.running).toMatchObject([{ command: 'calculate', client: 'w1' }]);
  expect(mirror.clients()).toMatchObject([{ name: 'w1', runningJobs: 1 }]);
  await scene.run('cancel last', 'wait');
  await mirror.refresh();
  expect(mirror.running).toEqual([]);
  expect(mirror.jobs()).toMatchObject([{ command: 'calculate', state: 'settled', outcome: 'cancelled' }]);
});

test('reading makes no request, and neither does refresh while nothing happens and nothing runs', async () => {
  await using scene = await openScene();
  const { mirror, calls } = await open(scene);
  await mirror.refresh();
  calls.length = 0;
  for (let key = 0; key < 100; key += 1) {
    mirror.clients();
    mirror.jobs();
    await mirror.refresh();
  }
  expect(calls).toEqual([]);
});

test('targets are resolved once for many keys, again after clients have joined or left, and once between two refreshes', async () => {
  await using scene = await openScene();
  const { mirror, calls, answers } = await open(scene);
  for (let key = 0; key < 100; key += 1) mirror.targetProblem(['w9']);
  await nextTurn();
  expect(calls).toEqual(['resolve']);
  expect(answers()).toBe(2);
  expect(mirror.targetProblem(['w9'])).toContain("no client is called 'w9'");
  // Other targets wait for the next refresh.
  expect([mirror.targetProblem(['w1']), calls.length]).toEqual([undefined, 1]);
  await mirror.refresh();
  calls.length = 0;
  mirror.targetProblem(['w9']);
  expect(calls).toEqual([]);
  await using _ = await createClient({ connect: scene.server.endpoint, name: 'w9', commands: [] });
  await scene.server.waitForClients(2);
  await nextTurn();
  mirror.targetProblem(['w9']);
  await nextTurn();
  expect(mirror.targetProblem(['w9'])).toBeUndefined();
});

test('clients and running jobs are known even if the store does not answer', async () => {
  await using scene = await openScene({
    interceptors: [(call, next) => (call.method === 'history' ? new Promise(() => {}) : next(call))],
  });
  await scene.run('calculate 600 x');
  const known = await open(scene);
  await expect.poll(() => named(known)).toEqual(['w1 ready']);
  expect(known.mirror.jobs()).toMatchObject([{ command: 'calculate', state: 'accepted' }]);
});

test('after a gap in the events everything is requested again, and the old state is dropped', async () => {
  await using scene = await openScene();
  const { service: own, events } = scene.shell;
  const client = { name: 'w1', state: 'ready' } as ClientView;
  let clients = [client, { ...client, name: 'w2' }];
  let jobs = [{ id: 'a', number: 1, client: 'w2', command: 'run', state: 'accepted' } as JobView];
  const service: JobService = Object.create(own, {
    clients: { value: async () => clients },
    list: { value: async () => jobs },
  });
  const mirror = new Mirror({ service, events }, () => {});
  expect(mirror.counts).toBeUndefined();
  await nextTurn();
  expect([mirror.counts, mirror.jobs().length]).toEqual([{ ready: 2, online: 2 }, 1]);

  [clients, jobs] = [[client], []];
  events.gap();
  expect(mirror.counts).toBeUndefined();
  await nextTurn();
  expect([mirror.counts, mirror.clients().map(({ name }) => name), mirror.jobs()]).toEqual([
    { ready: 1, online: 1 },
    ['w1'],
    [],
  ]);
});
