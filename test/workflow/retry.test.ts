import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { newFolder } from '../support/new-folder.ts';
import { type FlowScene, openFlows, statesOf } from './in-process.ts';

const attemptsOf = async (flows: FlowScene, run: number) =>
  (await flows.show(run)).tasks.map(({ task, attempts }) => `${task} ${attempts}`).join(', ');

test('tasks that follow from a retried task are repeated with its new values, or skipped, as the operator who retried it', async () => {
  await using flows = await openFlows();
  const file = join(newFolder(), 'there');
  const run = await flows.start(`
tasks:
  before: "@w1 run echo before"
  build: { do: "@w1 run ls ${file}", needs: before }
  tell: { do: "@w2 run true", needs: build, when: failed }
  report: { do: "@w2 run echo \${build.outcome}", needs: build, when: always }
  last: { do: "@w2 run echo \${report.stdout}", needs: report }
`);
  expect(statesOf(await flows.ended(run))).toBe(
    'before=completed build=failed tell=completed report=completed last=completed',
  );
  writeFileSync(file, '');
  await callWorkflow(flows.server.as('ben'), 'retry', { run });
  const ended = await flows.ended(run);
  expect([ended.state, statesOf(ended)]).toEqual([
    'completed',
    'before=completed build=completed tell=skipped report=completed last=completed',
  ]);
  expect(await attemptsOf(flows, run)).toBe('before 1, build 2, tell 1, report 2, last 2');
  const { jobs } = await flows.server.history({ command: 'run' });
  const words = jobs.map(({ args, actor }) => `${(args as { argv: string[] }).argv.join(' ')} by ${actor}`);
  expect(words.slice(0, 3)).toEqual(['echo completed by ben', 'echo completed by ben', `ls ${file} by ben`]);
  expect(words.slice(3).every((one) => one.endsWith('by owner'))).toBe(true);
  expect(ended.tasks.map(({ actor }) => actor)).toEqual([undefined, 'ben', 'ben', 'ben', 'ben']);
});

test('a retry that fails again is followed once more by the tasks that wait for a failure', async () => {
  await using flows = await openFlows();
  const run = await flows.start(
    'tasks:\n  a: { do: "@w1 run false", retries: 1 }\n  tell: { do: "@w2 run true", needs: a, when: failed }',
  );
  await flows.ended(run);
  expect(await attemptsOf(flows, run)).toBe('a 2, tell 1');
  await callWorkflow(flows.server, 'retry', { run });
  expect((await flows.ended(run)).state).toBe('failed');
  expect(await attemptsOf(flows, run)).toBe('a 4, tell 2');
});

test('a retried task of a running run acts for the operator who retried it; the others act as before', async () => {
  await using flows = await openFlows();
  const file = join(newFolder(), 'there');
  const text = `
tasks:
  left: "@w1 run ls ${file}"
  after: { do: "@w1 run true", needs: left }
  right: { do: "@w2 run true", approve: "Go on?" }
`;
  const ana = flows.server.as('ana');
  const { run } = await callWorkflow(ana, 'run', { source: { text, file: 'flow.yaml' } });
  await flows.until(run, 'after', 'skipped');
  await expect(callWorkflow(ana, 'retry', { run })).rejects.toMatchObject({
    code: 'bad_usage',
    message: 'run 1 is in progress; to repeat a task that has ended, use: workflow retry 1/TASK',
  });
  writeFileSync(file, '');
  await callWorkflow(flows.server.as('ben'), 'retry', { run, task: 'left' });
  await flows.until(run, 'after', 'completed');
  await callWorkflow(ana, 'approve', { run, task: 'right', answer: 'approved' });
  const ended = await flows.ended(run);
  expect([ended.state, statesOf(ended)]).toEqual(['completed', 'left=completed after=completed right=completed']);
  const { jobs } = await flows.server.history({ command: 'run' });
  expect(jobs.map(({ actor }) => actor)).toEqual(['ana', 'ben', 'ben', 'ana']);
  const started = flows.server.told.all.filter(({ type }) => type === 'workflow.started');
  expect(started).toMatchObject([{ actor: 'ana' }, { actor: 'ben', task: 'left' }]);
});

test('one task of a failed run is retried; other failures stay as they are', async () => {
  await using flows = await openFlows();
  const run = await flows.start(
    'tasks:\n  a: "@w1 run false"\n  b: "@w2 run false"\n  c: { do: "@w2 run true", needs: [b] }',
  );
  await flows.ended(run);
  await callWorkflow(flows.server, 'retry', { run, task: 'a' });
  expect((await flows.ended(run)).state).toBe('failed');
  expect(await attemptsOf(flows, run)).toBe('a 2, b 1, c 0');
});

test('a retry of something that cannot be repeated is refused with the reason', async () => {
  await using flows = await openFlows();
  const run = await flows.start(`
tasks:
  done: "@w1 run true"
  bad: "@w1 run false"
  left-out: { do: "@w1 run true", needs: bad }
  busy: { do: "@w2 run sleep 60", needs: bad, when: always }
  later: { do: "@w2 run true", needs: busy }
`);
  await flows.until(run, 'done', 'completed');
  await flows.until(run, 'busy', 'running');
  const refusal = async (task: string) =>
    await callWorkflow(flows.server, 'retry', { run, task }).then(
      () => 'none',
      ({ message }: Error) => message,
    );
  expect(await refusal('nothing')).toBe('run 1 has no task nothing; it has done, bad, left-out, busy, later');
  expect(await refusal('done')).toContain('it has completed; to begin a new run with it, use: workflow run … --from');
  expect(await refusal('left-out')).toContain('it was skipped; retry the tasks that it needs');
  expect(await refusal('busy')).toContain('it is running');
  expect(await refusal('later')).toContain('it is waiting');
  expect(await refusal('bad')).toBe('busy of run 1 depends on it and is running; retry when it has ended');
  await callWorkflow(flows.server, 'cancel', { run });
  await flows.ended(run);
  expect(await refusal('bad')).toBe('run 1 was cancelled; to continue it, use: workflow retry 1');
});

test('a retry of a task on several clients goes to those where it did not complete, also to an offline one', async () => {
  await using flows = await openFlows();
  const run = await flows.start(`tasks: { a: { do: "@w1,w2 run mkdir ${newFolder()}/x" } }`);
  await flows.ended(run);
  await callWorkflow(flows.server, 'retry', { run, task: 'a' });
  await flows.ended(run);
  const [again, ...first] = (await flows.server.history({ command: 'run' })).jobs;
  expect(first).toHaveLength(2);
  expect(first.find(({ outcome }) => outcome === 'failed')?.client).toBe(again?.client);
});
