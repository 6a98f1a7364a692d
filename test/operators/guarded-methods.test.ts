import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JobService } from '../../src/index.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { createRoles } from '../../src/operators/role.ts';
import type { ServiceMethod } from '../../src/plugin/service-method.ts';
import { callWorkflow, type RunDetails } from '../../src/plugin/workflow-calls.ts';
import { Workflows } from '../../src/workflow/workflows.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';
import { SomeOperators } from './scene.ts';

const onTest = { commands: ['run'], targets: 'env=test' };
const roles = createRoles(
  {
    runner: { do: [onTest], workflows: { run: ['both', 'mine-*'] } },
    reader: { do: [onTest], workflows: { see: ['both', 'asks'] } },
    approver: { workflows: { approve: ['asks'] } },
    planner: { workflows: { schedule: ['both'] } },
    caller: { methods: ['plug/*'] },
  },
  new Map(),
);

const operators = new SomeOperators();
const opened = new AsyncDisposableStack();
let server: Awaited<ReturnType<typeof openServer>>;
let owner: JobService;
const as = (name: string): JobService => server.as(`operator:${name}`);

beforeAll(async () => {
  const keys = opened.use(createKeyFolder());
  keys.store.addAll(['t1'], { labels: { env: 'test' } });
  keys.store.addAll(['p1'], { labels: { env: 'prod' } });
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-flows-'));
  opened.defer(() => rmSync(folder, { recursive: true }));
  const on = 'on: { client: joined, matching: "env=*" }\nparams: { word: secret }\n';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a value of a workflow
  const both = '{ t: "@t1 run echo ${param.word}", p: "@p1 run false", all: "@t1,p1 run false" }';
  writeFileSync(join(folder, 'both.yaml'), `${on}tasks: ${both}\n`);
  writeFileSync(join(folder, 'asks.yaml'), 'tasks: { a: { do: "@t1 run true", approve: "Go on?" } }\n');
  writeFileSync(join(folder, 'other.yaml'), 'on: { every: 1d }\ntasks: { a: "@p1 run true" }\n');
  for (const [name, role] of roles) operators.set(name, role);
  const workflows = new Workflows({ folder, keepMs: 86_400_000, warn() {} });
  const poke: ServiceMethod = {
    name: 'poke',
    request: z.strictObject({}),
    response: z.string(),
    handle: () => 'poked',
  };
  const look: ServiceMethod = { ...poke, name: 'look', needs: 'viewer' };
  const act: ServiceMethod = { ...poke, name: 'act', needs: 'operator' };
  const methods = new Map([...workflows.methods, ['plug/poke', poke], ['plug/look', look], ['plug/act', act]]);
  server = opened.use(await openServer({ keys: keys.folder, guard: new RoleGuard(operators), methods }));
  opened.use(workflows);
  await workflows.start(server);
  await server.told.first((event) => event.type === 'schedule.loaded' && event.workflow === 'both');
  for (const name of ['t1', 'p1']) opened.use(await openClient(server, { credentials: keys.of(name), allow: ['run'] }));
  await server.waitForClients(2);
  owner = server.as('local:owner');
}, 30_000);
afterAll(() => opened.disposeAsync());

async function ended(name: string): Promise<RunDetails> {
  const { run } = await callWorkflow(owner, 'run', { source: { name } });
  return await callWorkflow(owner, 'wait', { run });
}

async function asking(): Promise<number> {
  const { run } = await callWorkflow(owner, 'run', { source: { name: 'asks' } });
  while ((await callWorkflow(owner, 'show', { run })).tasks[0]?.state !== 'asking') await new Promise(setImmediate);
  return run;
}

describe('a run', () => {
  test('hides tasks on hidden clients, with their numbers and errors', async () => {
    const whole = await ended('both');
    const { run } = whole;
    expect(whole.tasks.map(({ clients }) => clients)).toEqual([['t1'], ['p1'], expect.arrayContaining(['p1', 't1'])]);
    for (const name of ['runner', 'reader']) {
      const { tasks } = await callWorkflow(as(name), 'show', { run });
      expect(tasks.map(({ clients, number, error }) => [clients, number !== undefined, error])).toEqual([
        [['t1'], true, undefined],
        [undefined, false, undefined],
        [['t1'], false, undefined],
      ]);
      expect(await callWorkflow(as(name), 'wait', { run })).toEqual(await callWorkflow(as(name), 'show', { run }));
      expect(tasks.map(({ state }) => state)).toEqual(whole.tasks.map(({ state }) => state));
    }
    expect((await callWorkflow(as('viewer'), 'show', { run })).tasks).toEqual(whole.tasks);
  });

  test('shows its inputs to operators that may run it', async () => {
    const { run } = await ended('both');
    const paramsFor = async (name: string) => (await callWorkflow(as(name), 'show', { run })).params;
    expect([await paramsFor('runner'), await paramsFor('reader'), await paramsFor('viewer')]).toEqual([
      { word: 'secret' },
      {},
      {},
    ]);
  });

  test('can be approved, cancelled and retried only with a right to it', async () => {
    const run = await asking();
    const approve = { run, task: 'a', answer: 'approved' } as const;
    await expect(callWorkflow(as('reader'), 'approve', approve)).rejects.toThrow(refusal('not_allowed'));
    await expect(callWorkflow(as('reader'), 'cancel', { run })).rejects.toThrow(refusal('not_allowed'));
    await expect(callWorkflow(as('approver'), 'cancel', { run })).rejects.toThrow(refusal('not_allowed'));
    await expect(callWorkflow(as('approver'), 'retry', { run })).rejects.toThrow(refusal('not_allowed'));
    await expect(callWorkflow(as('runner'), 'approve', approve)).rejects.toThrow(refusal('no_such_job'));
    await callWorkflow(as('approver'), 'approve', approve);
    // It continues for the operator that started it: the approver may send nothing.
    expect((await callWorkflow(as('approver'), 'wait', { run })).state).toBe('completed');
  });

  test('can be started with a right to run it, and each of its tasks is authorised as the operator that started it', async () => {
    await expect(callWorkflow(as('reader'), 'run', { source: { name: 'both' } })).rejects.toThrow(
      refusal('not_allowed'),
    );
    await expect(callWorkflow(as('reader'), 'run', { source: { name: 'other' } })).rejects.toThrow(
      refusal('bad_usage'),
    );
    const { run } = await callWorkflow(as('runner'), 'run', { source: { name: 'both' } });
    const { tasks } = await callWorkflow(as('runner'), 'wait', { run });
    expect(tasks.map(({ state }) => state)).toEqual(['completed', 'rejected', 'rejected']);
    // It has its own inputs; others do not.
    expect(tasks.map(({ error }) => error?.match(/no client is called 'p1'/)?.[0])).toEqual([
      undefined,
      ...["no client is called 'p1'", "no client is called 'p1'"],
    ]);
    const others = (await callWorkflow(as('reader'), 'show', { run })).tasks;
    expect(others.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  });

  test('is not reported at its end to an operator that has lost the right to it', async () => {
    const run = await asking();
    const role = roles.get('reader');
    if (role) operators.set('shortly', role);
    const waiting = callWorkflow(as('shortly'), 'wait', { run });
    const other = roles.get('runner');
    if (other) operators.set('shortly', other);
    await callWorkflow(owner, 'approve', { run, task: 'a', answer: 'refused' });
    await expect(waiting).rejects.toThrow(`there is no run ${run}`);
  });

  test('from a text has the name in that text, for which the right is needed', async () => {
    const source = (name: string) => ({
      source: { text: `name: ${name}\ntasks: { a: "@t1 run true" }`, file: 'x.yaml' },
    });
    const { run } = await callWorkflow(as('runner'), 'run', source('mine-a'));
    expect((await callWorkflow(as('runner'), 'wait', { run })).state).toBe('completed');
    await expect(callWorkflow(as('runner'), 'run', source('asks'))).rejects.toThrow(refusal('not_allowed'));
    const wrong = { source: { text: 'tasks: { a: "@t1 png" }', file: 'mine-b.yaml' } };
    await expect(callWorkflow(as('runner'), 'run', wrong)).rejects.toThrow(/^mine-b.yaml:1:\d+: (?!.*ping)/);
  });

  test('is in lists of visible runs, in pages without gaps', async () => {
    await ended('other');
    await ended('both');
    await ended('other');
    const all = (await callWorkflow(owner, 'list', { limit: 1_000 })).runs;
    const seen = all.filter(({ workflow }) => workflow === 'both' || workflow === 'mine-a').map(({ run }) => run);
    for (const limit of [1, 2, 1_000]) {
      const found: number[] = [];
      for (let before: number | undefined; ; before = found.at(-1)) {
        const page = await callWorkflow(as('runner'), 'list', { limit, ...(before !== undefined && { before }) });
        expect(page.workflows.map(({ name }) => name)).toEqual(['both']);
        found.push(...page.runs.map(({ run }) => run));
        if (page.runs.length < limit) break;
      }
      expect(found).toEqual(seen);
    }
  });
});

describe('a schedule', () => {
  test('is shown without the clients whose changes have started its runs', async () => {
    await server.told.first(({ type }) => type === 'schedule.started');
    let whole = '';
    do whole = JSON.stringify(await owner.call('schedule/show', { schedule: 'both' }));
    while (!/"client":"[pt]1"/.test(whole));
    const shown = await as('planner').call('schedule/show', { schedule: 'both' });
    expect(JSON.stringify(shown)).not.toMatch(/"client":/);
    expect(shown).toMatchObject({ schedules: [{ schedule: 'both/1', workflow: 'both' }] });
    expect(await as('approver').call('schedule/list', {})).toEqual({ schedules: [], isMore: false });
  });

  test('can be paused with a right to it, under its name or that of its workflow', async () => {
    for (const schedule of ['both/1', 'both']) {
      expect(await as('planner').call('schedule/pause', { schedule })).toMatchObject({
        paused: { actor: 'operator:planner' },
      });
      expect(await as('planner').call('schedule/resume', { schedule })).not.toHaveProperty('paused');
      await expect(as('runner').call('schedule/pause', { schedule })).rejects.toThrow(refusal('not_allowed'));
      await expect(as('approver').call('schedule/pause', { schedule })).rejects.toThrow(`no schedule ${schedule}`);
      await expect(as('planner').call('schedule/run', { schedule })).rejects.toThrow(refusal('not_allowed'));
    }
    expect(await as('runner').call('schedule/run', { schedule: 'both' })).toMatchObject({ runs: [expect.any(Number)] });
  });
});

test.each([
  ['viewer', ['look'], ['act', 'poke']],
  ['operator', ['look', 'act'], ['poke']],
  ['admin', ['look', 'act', 'poke'], []],
  ['caller', ['look', 'act', 'poke'], []],
  ['runner', [], ['look', 'act', 'poke']],
])('a %s may call the methods of plug-ins that say so, and those that its role names', async (name, may, mayNot) => {
  for (const method of may) expect(await as(name).call(`plug/${method}`, {})).toBe('poked');
  for (const method of mayNot) {
    await expect(as(name).call(`plug/${method}`, {})).rejects.toThrow(refusal('not_allowed'));
  }
  const none = as(name).call('plug/pok', {});
  if (name === 'admin') await expect(none).rejects.toThrow(/there is no method 'plug\/pok'; did you mean plug\/poke/);
  else if (name === 'caller') await expect(none).rejects.toThrow(/^there is no method 'plug\/pok'$/);
  else await expect(none).rejects.toThrow(refusal('not_allowed'));
});
