import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

test('the workflows of a folder are known by their names; a file that is not a workflow is reported with its place', async () => {
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
    '/d.yaml: /b.yml already defines the workflow other',
  ]);
  expect(() => flows.get('othr')).toThrow('there is no workflow othr in the folder; did you mean other?');
});

test('a file that becomes invalid is reported once, and its last valid version stays; a removed file is removed', async () => {
  using flows = await openFolder({ 'a.yaml': 'tasks: { x: ping }', 'b.yaml': 'tasks: { x: ping }' });
  flows.write('a.yaml', 'tasks: { x: pnig, y: ping }');
  expect(await flows.heard(1)).toEqual([
    "/a.yaml:1:13: there is no command 'pnig'; did you mean ping?; the previous version stays in use",
  ]);
  expect(flows.get('a').text).toBe('tasks: { x: ping }');
  rmSync(join(flows.folder, 'b.yaml'));
  flows.write('c.yaml', 'tasks: { x: oops }');
  await flows.heard(2);
  while (flows.workflows.length > 1) await new Promise(setImmediate);
  expect(flows.workflows.map(({ name }) => name)).toEqual(['a']);
});

test('each error of a file is reported on its own line', async () => {
  using flows = await openFolder({ 'a.yaml': 'tasks: { x: ping }' });
  flows.write('a.yaml', 'tasks: { x: pnig, y: { do: ping, needs: z } }');
  expect(await flows.heard(2)).toEqual([
    "/a.yaml:1:13: there is no command 'pnig'; did you mean ping?",
    '/a.yaml:1:41: y needs z, which does not exist; the previous version stays in use',
  ]);
});

test('a missing folder prevents the start', async () => {
  const folder = join(newFolder(), 'none');
  await expect(WorkflowFolder.open({ folder, contracts, warn() {} })).rejects.toMatchObject({ code: 'bad_usage' });
});

test('of two files with one name the first one stays; when it is removed, the other one gets the name', async () => {
  using flows = await openFolder({ 'b.yaml': 'name: same\ntasks: { x: ping }' });
  flows.write('a.yaml', 'name: same\ntasks: { y: ping }');
  expect(await flows.heard(1)).toEqual(['/a.yaml: /b.yaml already defines the workflow same']);
  expect(flows.workflows.map(({ file }) => file)).toEqual([join(flows.folder, 'b.yaml')]);
  rmSync(join(flows.folder, 'b.yaml'));
  while (!flows.get('same').text.includes('y: ping')) await new Promise(setImmediate);
  expect(flows.workflows).toHaveLength(1);
});

test('a workflow that is replaced by something other than a file is reported and stays; a link is followed', async () => {
  const good = 'tasks: { x: ping }';
  using flows = await openFolder({ 'a.yaml': good, 'b.yaml': good, 'c.yaml': good, 'd.yaml': good, 'e.yaml': good });
  const path = (name: string) => join(flows.folder, name);
  for (const name of ['a', 'b', 'c', 'd', 'e']) rmSync(path(`${name}.yaml`));
  execFileSync('mkfifo', [path('a.yaml')]);
  mkdirSync(path('b.yaml'));
  writeFileSync(path('c.yaml'), Buffer.alloc(2 ** 20 + 1, '#'));
  symlinkSync('d.yaml', path('d.yaml'));
  flows.write('e.txt', 'tasks: { linked: ping }');
  symlinkSync('e.txt', path('e.yaml'));
  const told = await flows.heard(4);
  expect(told.toSorted()).toEqual([
    'the workflow /a.yaml cannot be read: it is not a regular file; the previous version stays in use',
    'the workflow /b.yaml cannot be read: it is a folder; the previous version stays in use',
    'the workflow /c.yaml cannot be read: it is larger than 1048576 bytes; the previous version stays in use',
    expect.stringMatching(/^the workflow \/d.yaml cannot be read: .*; the previous version stays in use$/),
  ]);
  while (!flows.get('e').text.includes('linked')) await new Promise(setImmediate);
  expect(flows.workflows.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a removed folder is reported, and its workflows stay; a recreated folder is read', async () => {
  using flows = await openFolder({ 'a.yaml': 'tasks: { x: ping }' });
  const elsewhere = `${flows.folder}-away`;
  renameSync(flows.folder, elsewhere);
  expect(await flows.heard(1)).toEqual([expect.stringContaining('cannot be read')]);
  expect(flows.get('a').text).toBe('tasks: { x: ping }');
  mkdirSync(flows.folder);
  flows.write('b.yaml', 'tasks: { x: ping }');
  while (flows.workflows[0]?.name !== 'b') await new Promise(setImmediate);
  flows.write('c.yaml', 'tasks: { x: ping }');
  while (flows.workflows.length < 2) await new Promise(setImmediate);
  expect(flows.told).toHaveLength(1);
  rmSync(elsewhere, { recursive: true });
});

test('a file that is written repeatedly ends with its last text, and an incomplete text is never reported', async () => {
  using flows = await openFolder({ 'a.yaml': 'tasks: { x0: ping }' });
  for (let at = 1; at <= 200; at += 1) {
    // As an editor writes: the file is empty, and then incomplete.
    flows.write('a.yaml', '');
    flows.write('a.yaml', 'tasks: { x');
    flows.write('a.yaml', `tasks: { x${at % 10}: ping }`);
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  }
  flows.write('a.yaml', 'tasks: { last: ping }');
  while (!flows.get('a').text.includes('last')) await new Promise(setImmediate);
  expect(flows.told).toEqual([]);
});
