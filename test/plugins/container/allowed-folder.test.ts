import { chmodSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allowFolders, checkFolder } from '../../../src/plugins/container/create/allowed-folder.ts';
import { enginePlaces } from '../../../src/plugins/container/create/engine-places.ts';
import { newFolder } from '../../support/new-folder.ts';

const nowhere = { sockets: [], folders: [] };

const folderIn = (parent: string, name = 'data') => {
  const folder = join(parent, name);
  mkdirSync(folder);
  return folder;
};

test('a folder is allowed by its given name, and mounted by its path without links', async () => {
  const parent = newFolder();
  const path = folderIn(parent);
  const link = join(parent, 'link');
  symlinkSync(path, link);
  const [folder] = await allowFolders([`${link}/`], nowhere);
  expect(folder).toEqual({ named: link, path });
  if (folder) await checkFolder(folder);
});

test.each([
  ['is not there', 'nowhere', /there is no such folder/],
  ['is a file', 'file', /it is no folder/],
  ['lies where the engine keeps its containers', 'engine/volumes', /engine is where the engine keeps its containers/],
  [
    'holds the socket of an engine',
    '.',
    /engine\.sock is in it, and access to the socket of the engine is root access/,
  ],
])('a client does not start with a folder that %s', async (_, name, says) => {
  const parent = newFolder();
  writeFileSync(join(parent, 'file'), '');
  mkdirSync(join(parent, 'engine/volumes'), { recursive: true });
  const places = { sockets: [join(parent, 'engine.sock')], folders: [join(parent, 'engine')] };
  await expect(allowFolders([join(parent, name)], places)).rejects.toThrow(says);
});

test('a client does not start with a folder inside another one', async () => {
  const outer = newFolder();
  const inner = folderIn(outer);
  await expect(allowFolders([inner, outer], nowhere)).rejects.toThrow(/a container could replace it/);
  expect(await allowFolders([inner, join(inner, '.')], nowhere)).toHaveLength(2);
});

test('a folder that other users could replace is not allowed', async () => {
  const parent = newFolder();
  const data = folderIn(parent);
  const [folder] = await allowFolders([data], nowhere);
  chmodSync(parent, 0o777);
  await expect(allowFolders([data], nowhere)).rejects.toThrow(/other users can replace .*data; chmod go-w /);
  if (folder) await expect(checkFolder(folder)).rejects.toMatchObject({ code: 'not_allowed' });
  // In a sticky folder, such as /tmp, only the owner can.
  chmodSync(parent, 0o1777);
  if (folder) await checkFolder(folder);
});

test('a folder that was replaced by a link is no longer allowed', async () => {
  const data = folderIn(newFolder());
  const [folder] = await allowFolders([data], nowhere);
  rmdirSync(data);
  if (folder) await expect(checkFolder(folder)).rejects.toThrow(/there is no such folder/);
  symlinkSync('/etc', data);
  if (folder) await expect(checkFolder(folder)).rejects.toThrow(/it was replaced after this client started/);
});

test('sockets of engines are recognised before they exist, and through links', async () => {
  const parent = newFolder();
  const link = join(parent, 'link');
  symlinkSync(folderIn(parent), link);
  writeFileSync(join(parent, 'docker.sock'), '');
  mkdirSync(join(parent, '.local/share/docker'), { recursive: true });
  const env = { DOCKER_HOST: `unix://${link}/docker.sock`, XDG_RUNTIME_DIR: parent };
  const { sockets, folders } = await enginePlaces(env, parent);
  expect(sockets).toEqual(
    expect.arrayContaining([
      join(parent, 'data/docker.sock'),
      join(parent, 'docker.sock'),
      expect.stringMatching(/^(?:\/var)?\/run\/docker\.sock$/),
    ]),
  );
  expect(sockets).not.toContain(join(parent, '.docker/run/docker.sock'));
  expect(folders).toContain(join(parent, '.local/share/docker'));
});
