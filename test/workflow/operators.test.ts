import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Operators } from '../../src/operators/operators.ts';
import { createRoles } from '../../src/operators/role.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';
import { newFolder } from '../support/new-folder.ts';
import { openFlows, statesOf } from './in-process.ts';

const roles = createRoles(
  {
    w1: { do: [{ commands: ['*'], targets: 'w1' }], workflows: { run: ['*'], approve: ['*'] } },
    asker: { workflows: { approve: ['*'] } },
  },
  new Map(),
);

/** Clients w1 and w2, and operators: ada and bob may do everything, wim only with w1. */
async function openScene(collections = createMemoryCollections()) {
  const operators = await Operators.open(collections('operators'), roles);
  const add = (name: string, role: string) => operators.add(name, { role, by: 'local:owner' }).catch(() => {});
  await add('ada', 'operator');
  await add('bob', 'operator');
  await add('wim', 'w1');
  await add('ask', 'asker');
  const flows = await openFlows({ collections, operators });
  const as = (name: string) => flows.server.as(`operator:${name}`);
  return {
    ...{ ...flows, operators, as, collections },
    startAs: async (name: string, text: string) =>
      (await callWorkflow(as(name), 'run', { source: { text, file: 'flow.yaml' } })).run,
    async [Symbol.asyncDispose]() {
      await flows[Symbol.asyncDispose]();
      operators[Symbol.dispose]();
    },
  };
}

/** Programs that run until a file exists. */
function gate() {
  const path = join(newFolder(), 'open');
  return {
    line: `run sh -c 'until [ -e ${path} ]; do sleep 0.02; done'`,
    open: () => writeFileSync(path, ''),
  };
}

test('each task of a run is authorised as the operator who started the run', async () => {
  await using scene = await openScene();
  const run = await scene.startAs(
    'wim',
    'tasks:\n  one: { do: "@w1 run true" }\n  two: { do: "@w2 run true", needs: one }\n',
  );
  const ended = await scene.ended(run);
  expect(ended).toMatchObject({ state: 'failed', actor: 'operator:wim' });
  expect(statesOf(ended)).toBe('one=completed two=rejected');
  expect(ended.tasks[1]?.error).toMatch(/w2/);
  const { jobs } = await scene.server.history();
  expect(jobs.map(({ client, actor }) => [client, actor])).toEqual([['w1', 'operator:wim']]);
});

test('an operator who may not see the clients learns which tasks of a run failed, but not why', async () => {
  await using scene = await openScene();
  await using reader = scene.as('ask').watch();
  const seen = (async () => {
    for await (const event of reader) if (event.type === 'workflow.ended') return event;
    return undefined;
  })();
  await scene.startAs('ada', 'tasks:\n  one: "@nobody-else run true"\n');
  expect(await seen).toMatchObject({ outcome: 'failed', failed: [{ task: 'one', state: 'rejected' }] });
  expect(JSON.stringify(await seen)).not.toContain('nobody-else');
  const told = await scene.server.told.first(({ type }) => type === 'workflow.ended');
  expect(JSON.stringify(told)).toContain('nobody-else');
});

test('approving does not change the actor, and needs its own right', async () => {
  await using scene = await openScene();
  const text = 'tasks:\n  one: { do: "@w1 run true", approve: "Go?" }\n';
  const run = await scene.startAs('wim', text);
  await scene.until(run, 'one', 'asking');
  const answer = { run, task: 'one', answer: 'approved' } as const;
  await callWorkflow(scene.as('ask'), 'approve', answer);
  const ended = await scene.ended(run);
  expect(ended.tasks).toMatchObject([{ state: 'completed', approval: { actor: 'operator:ask' } }]);
  const { jobs } = await scene.server.history();
  expect(jobs.map(({ actor }) => actor)).toEqual(['operator:wim']);
  const question = scene.startAs('ask', 'tasks:\n  one: { approve: "Go?" }\n');
  await expect(question).rejects.toMatchObject({ code: 'not_allowed' });
});

test('when an operator is removed, nothing further of its runs is sent, and running jobs continue', async () => {
  await using scene = await openScene();
  const { line, open } = gate();
  const run = await scene.startAs(
    'ada',
    [
      'tasks:',
      `  one: { do: "@w1 ${line}" }`,
      '  two: { do: "@w2 run true", needs: one, when: always }',
      '  ask: { do: "@w2 run true", approve: "Go?" }',
      '  late: { do: "@w2 run false", retries: 3, backoff: 1h }',
      '',
    ].join('\n'),
  );
  const others = await scene.startAs('bob', 'tasks:\n  ask: { do: "@w2 run true", approve: "Go?" }\n');
  await scene.until(run, 'one', 'running');
  await scene.until(run, 'ask', 'asking');
  await scene.until(run, 'late', 'delayed');
  await scene.operators.remove('ada');
  await scene.until(run, 'ask', 'cancelled');
  const stopped = await scene.show(run);
  expect(stopped).toMatchObject({ state: 'running', problem: 'operator ada was removed' });
  expect(statesOf(stopped)).toBe('one=running two=cancelled ask=cancelled late=failed');
  open();
  const ended = await scene.ended(run);
  expect(ended.state).toBe('failed');
  expect(statesOf(ended)).toBe('one=completed two=cancelled ask=cancelled late=failed');
  expect(ended.tasks.map(({ error }) => error)).toEqual([
    undefined,
    'operator ada was removed',
    'operator ada was removed',
    expect.stringMatching(/exit code 1/),
  ]);
  expect((await scene.show(others)).state).toBe('running');
  const { jobs } = await scene.server.history();
  expect(jobs.filter(({ actor }) => actor === 'operator:ada')).toHaveLength(2);
});

test('a run does not continue for another operator with the same name', async () => {
  const collections = createMemoryCollections();
  const scene = await openScene(collections);
  const run = await scene.startAs('ada', 'tasks:\n  one: { do: "@w1 run true", approve: "Go?" }\n');
  await scene.until(run, 'one', 'asking');
  await scene[Symbol.asyncDispose]();
  // As if this server had died before it recorded why the run stops.
  using between = await Operators.open(collections('operators'), roles);
  await between.remove('ada');
  await between.add('ada', { role: 'admin', by: 'local:owner' });
  await using next = await openScene(collections);
  const ended = await next.ended(run);
  expect(ended).toMatchObject({ state: 'failed', tasks: [{ state: 'cancelled', error: 'operator ada was removed' }] });
});

test('a run of an operator who expired while no server ran stops, too', async () => {
  const collections = createMemoryCollections();
  const scene = await openScene(collections);
  const expiresMs = Date.now() + 3_600_000;
  await scene.operators.add('eve', { role: 'operator', by: 'local:owner', expiresMs });
  const run = await scene.startAs('eve', 'tasks:\n  one: { do: "@w1 run true", approve: "Go?" }\n');
  await scene.until(run, 'one', 'asking');
  await scene[Symbol.asyncDispose]();
  const stored = collections<{ expiresMs: number }>('operators');
  const entry = await stored.get('eve');
  if (entry) await stored.compareAndSet('eve', entry.version, { ...entry.value, expiresMs: 1 });
  await using next = await openScene(collections);
  const [task] = (await next.ended(run)).tasks;
  expect(task).toMatchObject({ state: 'cancelled', error: 'operator eve has expired' });
});

test('a retried task acts for the operator who retried it, even if the original one is gone', async () => {
  await using scene = await openScene();
  const run = await scene.startAs(
    'ada',
    'tasks:\n  one: { do: "@w1 run true", approve: "Go?" }\n  two: { do: "@w2 run true", needs: one }\n',
  );
  await scene.until(run, 'one', 'asking');
  await scene.operators.remove('ada');
  expect((await scene.ended(run)).state).toBe('failed');
  await callWorkflow(scene.as('bob'), 'retry', { run });
  await scene.until(run, 'one', 'asking');
  await callWorkflow(scene.as('bob'), 'approve', { run, task: 'one', answer: 'approved' });
  const ended = await scene.ended(run);
  expect(ended.state).toBe('completed');
  const { jobs } = await scene.server.history();
  expect(jobs.map(({ actor }) => actor)).toEqual(['operator:bob', 'operator:bob']);
  await scene.operators.remove('bob');
  expect((await scene.show(run)).state).toBe('completed');
});
