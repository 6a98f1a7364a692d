import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { calculate } from '../../src/index.ts';
import type { Event } from '../../src/jobs/events.ts';
import { eventMessage } from '../../src/messages/event-message.ts';
import { eventOf } from '../../src/messages/from-event-message.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { createMemoryCollection } from '../../src/store/memory/memory-collection.ts';
import type { Collections } from '../../src/workflow/run-store.ts';
import { sendTask } from '../../src/workflow/send-task.ts';
import { parseTaskLine } from '../../src/workflow/task-line.ts';
import { Workflows } from '../../src/workflow/workflows.ts';
import { newFolder } from '../support/new-folder.ts';
import { openFlows, statesOf } from './in-process.ts';

test('tasks run after what they need, with its values, and tasks that wait for a failure are skipped', async () => {
  await using flows = await openFlows();
  const run = await flows.run(`
params: { word: hello }
tasks:
  one: "@w1 run sh -c 'echo first; echo $0; exit 3' \${param.word}"
  two: { do: "@w2 run echo \${one.stdout} \${one.exitCode} \${one.client} \${one.result.signal:-none}", needs: one, when: failed }
  out: { do: "@\${one.client} run echo \${two.stdout} in run \${run.id} of \${run.workflow}", needs: two }
  bad: { do: "@w1 run echo never", needs: out, when: failed }
`);
  expect(statesOf(run)).toBe('one=failed two=completed out=completed bad=skipped');
  expect(run).toMatchObject({ run: 1, state: 'failed', actor: 'owner', params: { word: 'hello' } });
  const [two] = (await flows.server.history({ command: 'run' })).jobs.filter(({ client }) => client === 'w2');
  expect(two?.args).toMatchObject({ argv: ['echo', 'hello', '3', 'w1', 'none'] });
  const key = two && (await flows.server.get(two)).key;
  expect(key).toBe('workflow/1/two/1');
});

test.each([
  [
    'run echo ${one.result.none}',
    'failed',
    '${one.result.none} has no value; use ${one.result.none:-TEXT} to set a default',
  ],
  ['@${one.stdout} run true', 'failed', "'some-thing *' is not a client name; a value in a target must be one"],
  ['@${one.outcome} run true', 'rejected', "no client is called 'completed'"],
  ['@nobody run true', 'rejected', expect.stringContaining("no client is called 'nobody'")],
  ['@w1 calculate ${one.outcome} x', 'failed', expect.stringContaining('SECONDS must be')],
])('%s: the task is %s, nothing is sent, and the reason is reported', async (line, state, error) => {
  await using flows = await openFlows();
  const run = await flows.run(`
tasks:
  one: "@w1 run echo some-thing *"
  two: { do: '${line}', needs: one, retries: 2 }
`);
  const attempts = state === 'rejected' ? 3 : 1;
  expect(run.tasks[1]).toMatchObject({ state, error, attempts });
  expect(run.state).toBe('failed');
  expect((await flows.server.history({ command: 'run' })).jobs).toHaveLength(1);
});

test('a retry goes only to the clients where the task failed', async () => {
  await using flows = await openFlows();
  const run = await flows.run(`tasks: { one: { do: "@w1,w2 run mkdir ${newFolder()}/x", retries: 1 } }`);
  const { jobs } = await flows.server.history({ command: 'run' });
  expect([jobs.length, run.tasks[0]?.attempts, run.state]).toEqual([3, 2, 'failed']);
  const [again, ...first] = jobs;
  expect(first.find(({ outcome }) => outcome === 'failed')?.client).toBe(again?.client);
});

test('--pick sends a task to the least busy client, and a retry chooses again', async () => {
  await using flows = await openFlows();
  const busy = await flows.server.submit('w1', calculate, { seconds: 600, message: 'x' });
  const picked = await flows.run('tasks: { one: { do: "run --pick 1 false", retries: 1 } }');
  const jobs = async () => (await flows.server.history({ command: 'run' })).jobs.map(({ client }) => client);
  expect([picked.tasks[0]?.attempts, await jobs()]).toEqual([2, ['w2', 'w2']]);
  await busy.cancel();
  await busy.outcomes;
  await flows.server.submit('w2', calculate, { seconds: 600, message: 'x' });
  const line = parseTaskLine('@w1,w2 run --pick 2 true', flows.server.commands);
  const instance = { key: 'one', task: 'one', definition: {} } as never;
  const sent = { line, key: 'again', find: () => undefined, service: flows.server };
  const group = await sendTask({ instance, attempt: 2, clients: ['w2'] }, sent);
  expect('jobs' in group && group.jobs.map(({ client }) => client)).toEqual(['w1']);
});

test('a task goes to a limited number of clients at a time, and to no further one after too many failures', async () => {
  await using flows = await openFlows();
  const run = await flows.run('tasks: { one: "@w1,w2 run --batch 1 --max-failures 0 false" }');
  const { jobs } = await flows.server.history({ command: 'run' });
  expect(jobs.map(({ client, error }) => `${client} ${error?.code}`).sort()).toEqual([
    'w1 command_failed',
    'w2 not_sent',
  ]);
  // A job that waits for its turn has no deadline.
  expect([run.state, (await flows.server.get(jobs[0] ?? { id: '', client: '' })).expiresAtMs]).toEqual([
    'failed',
    undefined,
  ]);
});

test('cancelling a run stops sending and ends running jobs', async () => {
  await using flows = await openFlows();
  const run = await flows.start(
    'tasks:\n  one: "@w1 run sleep 60"\n  two: { do: "@w2 run true", needs: one, when: always }',
  );
  await flows.until(run, 'one', 'running');
  await callWorkflow(flows.server.as('ana'), 'cancel', { run });
  const ended = await flows.ended(run);
  expect([ended.state, statesOf(ended)]).toEqual(['cancelled', 'one=cancelled two=cancelled']);
});

test('a question waits for an answer, which is stored; the approver does not become the actor', async () => {
  await using flows = await openFlows();
  const text =
    'tasks:\n  one: { do: "@w1 run echo hi", approve: "Deploy?" }\n  two: { do: "@w2 run true", needs: one }';
  const run = await flows.start(text);
  await flows.until(run, 'one', 'asking');
  expect((await flows.show(run)).tasks[0]).toMatchObject({ question: 'Deploy?' });
  await expect(callWorkflow(flows.server, 'approve', { run, task: 'two', answer: 'approved' })).rejects.toMatchObject({
    code: 'bad_usage',
    message: 'two of run 1 does not wait for approval: it is waiting',
  });
  await callWorkflow(flows.server.as('ben'), 'approve', { run, task: 'one', answer: 'approved' });
  const ended = await flows.ended(run);
  expect(ended.tasks[0]).toMatchObject({ state: 'completed', approval: { answer: 'approved', actor: 'ben' } });
  expect((await flows.server.history({ command: 'run' })).jobs.map(({ actor }) => actor)).toEqual(['owner', 'owner']);
});

test('an answer of no cancels the task; a retry asks again, and acts for the operator who typed it', async () => {
  await using flows = await openFlows();
  const run = await flows.start(
    'tasks:\n  one: { do: "@w1 run echo hi", approve: "Deploy?" }\n  two: { do: "@w2 run true", needs: one }',
  );
  await flows.until(run, 'one', 'asking');
  await callWorkflow(flows.server, 'approve', { run, task: 'one', answer: 'refused' });
  expect(statesOf(await flows.ended(run))).toBe('one=cancelled two=skipped');
  await callWorkflow(flows.server.as('ben'), 'retry', { run });
  await flows.until(run, 'one', 'asking');
  await callWorkflow(flows.server, 'approve', { run, task: 'one', answer: 'approved' });
  const ended = await flows.ended(run);
  expect([ended.state, statesOf(ended)]).toEqual(['completed', 'one=completed two=completed']);
  expect((await flows.server.history({ command: 'run' })).jobs.map(({ actor }) => actor)).toEqual(['ben', 'ben']);
  await expect(callWorkflow(flows.server, 'retry', { run })).rejects.toMatchObject({ code: 'bad_usage' });
});

test('a retry repeats what failed and everything that follows from it', async () => {
  await using flows = await openFlows();
  const folder = join(newFolder(), 'made-later');
  const run = await flows.start(`
tasks:
  one: "@w1 run echo one"
  two: { do: "@w1 run ls ${folder}", needs: one }
  three: { do: "@w2 run echo three", needs: two }
`);
  expect(statesOf(await flows.ended(run))).toBe('one=completed two=failed three=skipped');
  mkdirSync(folder);
  await callWorkflow(flows.server, 'retry', { run });
  const ended = await flows.ended(run);
  expect(statesOf(ended)).toBe('one=completed two=completed three=completed');
  expect(ended.tasks.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
});

test('a run that starts at a task leaves out everything that does not follow from it', async () => {
  await using flows = await openFlows();
  const text = `
tasks:
  a: "@w1 run echo a"
  b: { do: "@w1 run echo \${a.stdout:-nothing}", needs: a }
  c: { do: "@w1 run true", needs: b }
  d: "@w1 run false"
`;
  const run = await flows.run(text, { from: ['b'] });
  expect([run.state, statesOf(run)]).toEqual(['completed', 'a=completed b=completed c=completed d=completed']);
  expect(run.tasks.map(({ isPassed = false }) => isPassed)).toEqual([true, false, false, true]);
  await expect(flows.start(text, { from: ['x'] })).rejects.toMatchObject({ code: 'bad_usage' });
});

test.each([
  [{}, 'the parameter n is missing: --param n=…'],
  [{ n: 'x' }, "the parameter n must be a number, not 'x'"],
  [{ n: '3' }, "the parameter n must be one of 1, 2, not '3'"],
  [{ n: '1', m: '1' }, 'there is no parameter m; known: n'],
])('parameters %j are refused before anything runs', async (params, message) => {
  await using flows = await openFlows({ clients: [] });
  const text = 'params: { n: { type: number, choices: [1, 2] } }\ntasks:\n  a: "run echo ${param.n}"';
  await expect(flows.start(text, { params })).rejects.toMatchObject({ code: 'bad_usage', message });
  expect((await callWorkflow(flows.server, 'list', { limit: 10 })).runs).toEqual([]);
});

test('a runner that dies between sending and recording finds its job again and does not send it twice', async () => {
  const kept = new Map<string, ReturnType<typeof createMemoryCollection>>();
  const stored: Collections = (name) => {
    if (!kept.has(name)) kept.set(name, createMemoryCollection());
    return kept.get(name) as never;
  };
  const dead: Collections = (name) => ({
    ...stored<never>(name),
    ...(name === 'workflow-tasks' && { putIfAbsent: () => Promise.reject(new Error('dead')) }),
  });
  await using flows = await openFlows({ collections: dead });
  const run = await flows.start(
    'tasks:\n  one: "@w1 run echo once"\n  two: { do: "@w1 run echo ${one.stdout}", needs: one }',
  );
  await flows.server.told.first(({ type }) => type === 'job.settled');
  expect(await flows.show(run)).toMatchObject({ problem: 'dead' });
  await flows.workflows[Symbol.asyncDispose]();
  const next = new Workflows({ collections: stored, keepMs: 1_000, warn() {} });
  await next.start(flows.server);
  const { signal } = new AbortController();
  const context = { service: flows.server, actor: 'owner', signal, seesJob: () => true };
  const ended = (await next.methods.get('workflow/wait')?.handle({ run } as never, context)) as { state: string };
  expect(ended.state).toBe('completed');
  expect((await flows.server.history({ command: 'run' })).jobs).toHaveLength(2);
  await next[Symbol.asyncDispose]();
});

test('runs have increasing numbers, and are listed from the newest', async () => {
  await using flows = await openFlows();
  for (let at = 0; at < 3; at += 1) await flows.run('tasks:\n  a: "@w1 run true"');
  const { runs } = await callWorkflow(flows.server, 'list', { limit: 2 });
  expect(runs.map(({ run }) => run)).toEqual([3, 2]);
  expect((await callWorkflow(flows.server, 'list', { limit: 9, before: 2 })).runs.map(({ run }) => run)).toEqual([1]);
  await expect(flows.show(4)).rejects.toMatchObject({ code: 'no_such_job' });
});

test('each event of a run is reported once, with its actor', async () => {
  await using flows = await openFlows();
  const run = await flows.start(`
tasks:
  one: { do: "@w1 run false", retries: 1 }
  two: { do: "@w2 run true", needs: one, when: failed, approve: "Really?" }
  three: { do: "@w2 run true", needs: one }
`);
  await flows.until(run, 'two', 'asking');
  await callWorkflow(flows.server.as('ben'), 'approve', { run, task: 'two', answer: 'approved' });
  await flows.ended(run);
  await flows.server.told.first(({ type }) => type === 'workflow.ended');
  const told = flows.server.told.all.filter((event) => 'run' in event);
  expect(told.map(({ atMs: _, seq: __, run: ___, workflow: ____, ...event }) => event)).toEqual([
    { type: 'workflow.started', actor: 'owner' },
    { type: 'workflow.task', task: 'one', state: 'running', number: 1 },
    { type: 'workflow.task', task: 'one', state: 'running', number: 2 },
    { type: 'workflow.task', task: 'one', state: 'failed', number: 2, error: 'exit code 1' },
    { type: 'workflow.asked', task: 'two', question: 'Really?' },
    { type: 'workflow.task', task: 'three', state: 'skipped' },
    { type: 'workflow.answered', task: 'two', answer: 'approved', actor: 'ben' },
    { type: 'workflow.task', task: 'two', state: 'running', number: 3 },
    { type: 'workflow.task', task: 'two', state: 'completed', number: 3 },
    { type: 'workflow.ended', outcome: 'failed', failed: [{ task: 'one', state: 'failed', error: 'exit code 1' }] },
  ]);
});

test('the end of a failed run names the first ten tasks that did not complete, and counts the others', async () => {
  await using flows = await openFlows();
  const numbers = Array.from({ length: 12 }, (_, at) => `'${at + 1}'`).join(', ');
  await flows.run(`tasks: { one: { do: "@w1 run sh -c 'exit \${for.n}'", for: { n: [${numbers}] } } }`);
  const ended = await flows.server.told.first(({ type }) => type === 'workflow.ended');
  expect(ended).toMatchObject({ moreFailed: 2 });
  const failed = 'failed' in ended ? ended.failed : [];
  expect(failed).toHaveLength(10);
  expect(failed?.[1]).toMatchObject({ state: 'failed', error: 'exit code 2' });
});

test('events of runs are the same over the API', () => {
  const about = { atMs: 1, seq: 2, run: 7, workflow: 'nightly' };
  const events: Event[] = [
    { ...about, type: 'workflow.started', actor: 'ana' },
    { ...about, type: 'workflow.started', task: 'one', actor: 'ana' },
    { ...about, type: 'workflow.task', task: 'one', state: 'skipped' },
    { ...about, type: 'workflow.task', task: 'one', state: 'failed', number: 3, error: 'why' },
    { ...about, type: 'workflow.asked', task: 'one', question: 'Really?' },
    { ...about, type: 'workflow.answered', task: 'one', answer: 'refused', actor: 'ana' },
    { ...about, type: 'workflow.ended', outcome: 'cancelled' },
    { ...about, type: 'workflow.ended', outcome: 'failed', failed: [{ task: 'one', state: 'lost' }], moreFailed: 2 },
  ];
  expect(events.map((event) => eventOf(eventMessage(event)))).toEqual(events);
});

test('a task waits 15 minutes for an offline client, unless its line sets another time', async () => {
  await using flows = await openFlows();
  await flows.run('tasks:\n  a: "@w1 run true"\n  b: { do: "@w1 run --expires 2h true", needs: a }');
  const { jobs } = await flows.server.history({ command: 'run' });
  const details = await Promise.all(jobs.map((job) => flows.server.get(job)));
  const waits = details.map(({ expiresAtMs = 0, submittedAtMs }) => Math.round((expiresAtMs - submittedAtMs) / 60_000));
  expect(waits).toEqual([120, 15]);
});
