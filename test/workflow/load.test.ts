import { expect, test } from 'vitest';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import { loadWorkflow } from '../../src/workflow/load.ts';
import { brokenFiles } from './broken-files.ts';

const contracts = new Map((await builtinContracts()).map((contract) => [contract.name, contract]));
const load = (text: string) => loadWorkflow(text, { name: 'here', contracts });

test.each(brokenFiles)('%j: an error is reported with its place', (text, wanted) => {
  const loaded = load(text);
  const problems = 'problems' in loaded ? loaded.problems : [];
  expect(problems.map(({ line, column, sentence }) => `${line}:${column}: ${sentence}`)).toEqual(wanted);
});

test('all errors are named at once, in the order of the text', () => {
  const loaded = load('tasks:\n  a: pnig\n  b: { do: ping, when: never }\n  c: { do: ping, needs: x }');
  expect('problems' in loaded && loaded.problems.map(({ line }) => line)).toEqual([2, 3, 4]);
});

test('a matrix makes a task for each combination of its values, after everything that it needs', () => {
  const loaded = load(`
tasks:
  all: { do: "run echo done", needs: build }
  build:
    do: run make \${for.os} \${for.node}
    for: { os: [linux, mac], node: [22, 24] }
`);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { name, instances } = loaded.workflow;
  const build = ['os=linux,node=22', 'os=linux,node=24', 'os=mac,node=22', 'os=mac,node=24'].map(
    (one) => `build[${one}]`,
  );
  expect(name).toBe('here');
  expect(instances.map(({ key }) => key)).toEqual([...build, 'all']);
  expect(instances.at(-1)?.needs).toEqual(build);
});
