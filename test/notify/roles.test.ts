import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Event, openSqliteStore } from '../../src/index.ts';
import { Notify } from '../../src/notify/notify.ts';
import { createRules } from '../../src/notify/rule.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { createRoles } from '../../src/operators/role.ts';
import { callNotify } from '../../src/plugin/notify-calls.ts';
import { SomeOperators } from '../operators/scene.ts';
import { openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

async function openScene() {
  await using stack = new AsyncDisposableStack();
  const operators = new SomeOperators();
  const roles = createRoles(
    {
      pager: { methods: ['notify/list', 'notify/silence'] },
      everything: { methods: ['notify/*'] },
      worker: { see: [{ targets: 'all' }], do: [{ targets: 'all', commands: ['*'] }] },
    },
    new Map(),
  );
  for (const [name, role] of roles) operators.set(name, role);
  const store = stack.use(await openSqliteStore({ path: join(newFolder(), 'store.db') }));
  const notify = new Notify();
  const server = stack.use(await openServer({ store, guard: new RoleGuard(operators), methods: notify.methods }));
  stack.use(notify);
  const told: string[] = [];
  const channel = { about: 'ops', send: async ({ text }: { text: string }) => void told.push(text) };
  const rules = createRules([{ on: ['client.gone'], to: ['ops'] }], new Map());
  notify.start(
    { server, log: store, groups: new Map(), lostAfterMs: 60_000, warn: () => {} },
    { rules, channels: new Map([['ops', channel]]) },
  );
  const all = stack.move();
  const until = (type: Event['type']) => server.told.first((event) => event.type === type);
  return {
    until,
    as: (name: string) => server.as(`operator:${name}`),
    told,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const requests = {
  list: {},
  history: {},
  test: { channel: 'ops' },
  silence: { filter: { command: 'run' }, forMs: 60_000 },
} as const;
type Method = keyof typeof requests;
const every = Object.keys(requests) as Method[];

test.each<[string, readonly Method[]]>([
  ['admin', every],
  ['everything', every],
  ['pager', ['list', 'silence']],
  ['operator', []],
  ['viewer', []],
  ['worker', []],
])('a %s may call these methods of notify: %j', async (name, allowed) => {
  await using scene = await openScene();
  const asked = async (method: Method) => await callNotify(scene.as(name), method, requests[method]);
  for (const method of every) {
    if (allowed.includes(method)) await asked(method);
    else await expect(asked(method)).rejects.toThrow(refusal('not_allowed'));
  }
  expect(scene.told).toHaveLength(allowed.includes('test') ? 1 : 0);
});

test('a silence has the name of its operator, and is the only change', async () => {
  await using scene = await openScene();
  const admin = scene.as('admin');
  const before = await callNotify(admin, 'list', {});
  await callNotify(scene.as('pager'), 'silence', requests.silence);
  await callNotify(admin, 'test', requests.test);
  const after = await callNotify(admin, 'list', {});
  expect(after.silences).toMatchObject([{ actor: 'operator:pager', filter: { command: 'run' } }]);
  expect({ ...after, seq: 0, silences: [] }).toEqual({ ...before, seq: 0 });
  expect(await callNotify(admin, 'history', {})).toEqual([]);
  await callNotify(admin, 'silence', { ...requests.silence, forMs: 0 });
  expect((await callNotify(admin, 'list', {})).silences).toEqual([]);
  const filter = { command: 'run' };
  const untilMs = after.silences[0]?.untilMs;
  expect(await scene.until('notify.unsilenced')).toMatchObject({ filter, actor: 'operator:admin' });
  expect(await scene.until('notify.silenced')).toMatchObject({ filter, untilMs, actor: 'operator:pager' });
});

test('the arguments of a silence are checked before it is stored', async () => {
  await using scene = await openScene();
  const silence = (filter: object, forMs = 1_000) => scene.as('admin').call('notify/silence', { filter, forMs });
  await expect(silence({ comand: 'run' })).rejects.toThrow(refusal('bad_arguments'));
  await expect(silence({ target: 'w1,,w2' })).rejects.toThrow(refusal('bad_usage'));
  await expect(silence({}, 400 * 86_400_000)).rejects.toThrow('a silence lasts at most 366 days');
  await expect(callNotify(scene.as('admin'), 'test', { channel: 'opps' })).rejects.toThrow(/there is no channel opps/);
  expect((await callNotify(scene.as('admin'), 'list', {})).silences).toEqual([]);
});

test('a silence is removed by its filter, in any spelling; an unknown one cannot be removed', async () => {
  await using scene = await openScene();
  const silence = (filter: object, forMs: number) => scene.as('admin').call('notify/silence', { filter, forMs });
  const silences = async () => (await callNotify(scene.as('admin'), 'list', {})).silences;
  await silence({ command: 'run', target: ['w1', 'w2'] }, 60_000);
  await silence({ target: ['w2', 'w1'], command: ['run'] }, 90_000);
  expect(await silences()).toHaveLength(1);
  await expect(silence({ command: 'run' }, 0)).rejects.toThrow('no silence has this filter: see notify list');
  await silence({ target: ['w2', 'w1'], command: ['run'] }, 0);
  expect(await silences()).toEqual([]);
});

test.each(['job.setled', 'settled', 'jobs*', 'client.*.x'])(
  'a silence of %s is refused: there is no such event',
  async (on) => {
    await using scene = await openScene();
    const silence = (given: string) =>
      scene.as('admin').call('notify/silence', { filter: { on: given }, forMs: 1_000 });
    await expect(silence(on)).rejects.toThrow(`no event matches ${on}`);
    for (const right of ['*', 'job.*', 'job.settled', 'check.down']) await silence(right);
  },
);
