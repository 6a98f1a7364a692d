import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callWorkflow } from '../../../src/plugin/workflow-calls.ts';
import { builtins } from '../../../src/shell/builtins.ts';
import { complete } from '../../../src/shell/prompt/complete.ts';
import { askFlows } from '../../../src/shell/prompt/flows.ts';
import { KnownFlows } from '../../../src/shell/prompt/known-flows.ts';
import { newFolder } from '../../support/new-folder.ts';
import { type FlowScene, openFlows } from '../../workflow/in-process.ts';

const nightly = `
description: Dumps and checks
on: { every: 1h }
params:
  keep: 7
  level: { choices: [low, high], description: how hard }
tasks:
  dump: "@w1 run true"
  verify: { do: "@w1 run false", needs: dump }
`;
const deploy = 'tasks: { ask: { approve: "Deploy?" }, deploy: { do: "@w1 run true", needs: ask } }';

/** The state of a prompt that receives every event. */
async function known({ server }: FlowScene) {
  let asked = 0;
  const flows = new KnownFlows(() => {
    asked += 1;
    return askFlows(server);
  });
  await flows.fill();
  const watching = server.watch();
  const reading = (async () => {
    for await (const event of watching) flows.event(event);
  })();
  const candidates = (line: string) => {
    const context = { commands: server.commands, clients: () => [], jobs: () => [], flows: () => flows.all() };
    const all = complete(line, { ...context, builtins: new Map(builtins.map((one) => [one.name, one])) }).candidates;
    return all.map(({ text, about }) => `${text} (${about})`);
  };
  return {
    flows,
    candidates,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      await reading;
    },
  };
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.yaml`), text);
  return folder;
}

test('workflows, their parameters and tasks, and schedules are completed by name', async () => {
  const folder = folderOf({ nightly, deploy });
  await using flows = await openFlows({ folder });
  await using prompt = await known(flows);
  const { candidates } = prompt;
  expect(candidates('workflow run n')).toContain('nightly (Dumps and checks)');
  expect(candidates('workflow run d')).toContain('deploy (workflow)');
  expect(candidates(`workflow run ${folder}/`)).toEqual([`${folder}/deploy.yaml ()`, `${folder}/nightly.yaml ()`]);
  expect(candidates('workflow run nightly --param ')).toEqual([
    'keep= (number; default: 7)',
    'level=high (how hard)',
    'level=low (how hard)',
  ]);
  expect(candidates('workflow run nightly --param keep=3 --from ')).toEqual(['dump (task)', 'verify (task)']);
  expect(candidates('workflow run deploy --param ')).toEqual([]);
  for (const action of ['next', 'pause', 'resume', 'run', 'cancel']) {
    expect(candidates(`schedule ${action} n`)).toEqual(['nightly/1 (every 3600 s)']);
  }
  expect(candidates('schedule list ')).toEqual([]);
});

test('runs are completed where they can be shown, cancelled or retried, and tasks where they ask or failed', async () => {
  await using flows = await openFlows();
  await flows.run(nightly.replace(/^on:.*\n/m, ''), { params: { level: 'low' } });
  const asking = await flows.start(deploy);
  await flows.until(asking, 'ask', 'asking');
  await using prompt = await known(flows);
  const { candidates } = prompt;
  expect(candidates('workflow show ')).toEqual(['1 (flow: failed)', '2 (flow: running)']);
  expect(candidates('workflow cancel ')).toEqual(['2 (flow: running)']);
  expect(candidates('workflow retry ')).toEqual(['1 (flow: failed)', '1/verify (flow: failed)']);
  expect(candidates('workflow approve ')).toEqual(['2/ask (flow: Deploy?)']);

  // Events follow from here on.
  await callWorkflow(flows.server, 'approve', { run: asking, task: 'ask', answer: 'refused' });
  await flows.ended(asking);
  await flows.start(deploy);
  await expect.poll(() => candidates('workflow approve ')).toEqual(['3/ask (flow: Deploy?)']);
  expect(candidates('workflow cancel ')).toEqual(['3 (flow: running)']);
  expect(candidates('workflow retry 2')).toEqual(['2 (flow: failed)', '2/ask (flow: cancelled)']);
  expect(prompt.asked()).toBe(1);
});

test('a new workflow is completed some time after a completion, and no request is made while nothing is completed', async () => {
  const folder = folderOf({ deploy });
  await using flows = await openFlows({ folder });
  await using prompt = await known(flows);
  for (let tick = 0; tick < 100; tick += 1) await prompt.flows.refresh();
  expect(prompt.asked()).toBe(1);
  prompt.candidates('workflow run d');
  for (let tick = 0; tick < 100; tick += 1) await prompt.flows.refresh();
  expect(prompt.asked()).toBe(2);
});
