import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import { WorkflowFolder } from '../../src/workflow/folder.ts';
import { Changes } from '../support/changes.ts';
import { newFolder } from '../support/new-folder.ts';

const contracts = new Map((await builtinContracts()).map((contract) => [contract.name, contract]));

async function openFolder(files: Readonly<Record<string, string>>) {
  const folder = newFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const said: string[] = [];
  const changes = new Changes();
  const warn = (sentence: string): void => {
    said.push(sentence.replaceAll(folder, ''));
    changes.tell();
  };
  const opened = await WorkflowFolder.open({ folder, contracts, warn });
  const heard = (count: number) => changes.until(() => (said.length >= count ? said : undefined));
  return Object.assign(opened, { folder, write, told: said, heard });
}

test('the workflows of a folder are known by their names; what is no workflow is told with its place', async () => {
  using flows = await openFolder({
    'a.yaml': 'tasks: { x: ping }',
    'b.yml': 'name: other\ndescription: why\ntasks: { x: ping }',
    'c.yaml': 'tasks: { x: pnig }',
    'd.yaml': 'name: other\ntasks: { x: ping }',
    'notes.txt': 'nothing',
  });
  mkdirSync(join(flows.folder, 'e.yaml'));
  expect(flows.workflows.map(({ name }) => name)).toEqual(['a', 'other']);
  expect(flows.get('other')).toMatchObject({ description: 'why', text: expect.stringContaining('ping') });
  expect(flows.told).toEqual([
    "/c.yaml:1:13: there is no command 'pnig'; did you mean ping?",
    '/d.yaml: /b.yml has a workflow other already',
  ]);
  expect(() => flows.get('othr')).toThrow('there is no workflow othr in the folder; did you mean other?');
});

test('a file that breaks is told once, and the one before stays; one that is gone is gone', async () => {
  using flows = await openFolder({ 'a.yaml': 'tasks: { x: ping }', 'b.yaml': 'tasks: { x: ping }' });
  flows.write('a.yaml', 'tasks: { x: pnig, y: ping }');
  expect(await flows.heard(1)).toEqual([
    "/a.yaml:1:13: there is no command 'pnig'; did you mean ping?; the one before stays",
  ]);
  expect(flows.get('a').text).toBe('tasks: { x: ping }');
  rmSync(join(flows.folder, 'b.yaml'));
  flows.write('c.yaml', 'tasks: { x: oops }');
  await flows.heard(2);
  while (flows.workflows.length > 1) await new Promise(setImmediate);
  expect(flows.workflows.map(({ name }) => name)).toEqual(['a']);
});

test('a folder that is not there stops the start', async () => {
  const folder = join(newFolder(), 'none');
  await expect(WorkflowFolder.open({ folder, contracts, warn() {} })).rejects.toMatchObject({ code: 'bad_usage' });
});
