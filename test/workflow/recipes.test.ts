import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { blocksOf } from '../docs/markdown.ts';
import { openClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { openFlows, statesOf } from './in-process.ts';

// The other recipes are run unchanged by test/docs, those with containers by test/engine.

const recipe = (name: string): string => {
  const block = blocksOf('docs/workflows.md').find(({ directive }) => directive === `file recipes/${name}.yaml`);
  if (!block) throw new Error(`there is no recipe ${name}`);
  return block.text;
};
const clients = ['w1', 'w2', 'w3'];

test('the recipe of a backup mails the result of its verification if that fails', async () => {
  const folder = newFolder();
  const sendmail = join(folder, 'sendmail');
  writeFileSync(sendmail, `#!/bin/sh\necho "to $1:" > ${folder}/mail; cat >> ${folder}/mail\n`);
  chmodSync(sendmail, 0o755);
  const text = recipe('backup')
    .replace('| sendmail', `| ${sendmail}`)
    .replace("'date > app.dump; echo app.dump'", `'echo ${folder}/missing'`)
    .replace('backoff: 30s', 'backoff: 1ms');
  await using flows = await openFlows({ clients });
  const run = await flows.run(text);
  expect(statesOf(run)).toBe('dump=completed verify=failed tell=completed');
  expect(run.tasks.find(({ task }) => task === 'verify')?.attempts).toBe(3);
  expect(readFileSync(join(folder, 'mail'), 'utf8')).toBe('to ops@example.org:\nbackup: failed\n');
});

test('the recipe of an approval sends nothing before an operator has approved', async () => {
  await using flows = await openFlows({ clients });
  const run = await flows.start(recipe('approve'));
  await flows.until(run, 'deploy', 'asking');
  expect((await flows.show(run)).tasks.find(({ task }) => task === 'deploy')?.number).toBeUndefined();
  await callWorkflow(flows.server, 'approve', { run, task: 'deploy', answer: 'approved' });
  const ended = await flows.ended(run);
  expect(statesOf(ended)).toBe('build=completed deploy=completed');
  expect(ended.tasks.at(-1)?.clients).toEqual(['w2', 'w3']);
});

test('the recipe for a missing client runs when one of its clients stays offline', async () => {
  const folder = join(newFolder(), 'flows');
  mkdirSync(folder);
  writeFileSync(join(folder, 'gone.yaml'), recipe('gone'));
  await using flows = await openFlows({ clients, folder, lostAfterMs: 1 });
  const client = await openClient(flows.server, { name: 'web-1' });
  await client[Symbol.asyncDispose]();
  await flows.server.told.first(({ type }) => type === 'workflow.ended');
  const run = await flows.show(1);
  expect(statesOf(run)).toBe('instead=completed tell=completed');
  const [job] = (await flows.server.history({ client: 'w1', command: 'run' })).jobs;
  expect(job?.args).toMatchObject({ argv: ['echo', 'takes', 'over', 'from', 'web-1'] });
});
