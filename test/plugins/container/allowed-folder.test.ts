import { chmodSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allowFolders, checkFolder } from '../../../src/plugins/container/allowed-folder.ts';
import { engineSockets } from '../../../src/plugins/container/engine-sockets.ts';
import { newFolder } from '../../support/new-folder.ts';

const folderIn = (parent: string, name = 'data') => {
  const folder = join(parent, name);
  mkdirSync(folder);
  return folder;
};

test('a folder is allowed by the name it was given, and mounted by its path without links', async () => {
  const parent = newFolder();
  const path = folderIn(parent);
  const link = join(parent, 'link');
  symlinkSync(path, link);
  const [folder] = await allowFolders([`${link}/`], []);
  expect(folder).toEqual({ named: link, path });
  if (folder) await checkFolder(folder);
});

test.each([
  ['is not there', 'nowhere', /there is no such folder/],
  ['is a file', 'file', /it is no folder/],
  ['holds the socket of an engine', '.', /engine\.sock is in it: who has the socket of the engine is root/],
])('a client does not start with a folder that %s', async (_, name, says) => {
  const parent = newFolder();
  writeFileSync(join(parent, 'file'), '');
  await expect(allowFolders([join(parent, name)], [join(parent, 'engine.sock')])).rejects.toThrow(says);
});

test('a client does not start with a folder inside of another one', async () => {
  const outer = newFolder();
  const inner = folderIn(outer);
  await expect(allowFolders([inner, outer], [])).rejects.toThrow(/a container could replace it/);
  expect(await allowFolders([inner, join(inner, '.')], [])).toHaveLength(2);
});

test('no folder is allowed that other users could replace', async () => {
  const parent = newFolder();
  const data = folderIn(parent);
  const [folder] = await allowFolders([data], []);
  chmodSync(parent, 0o777);
  await expect(allowFolders([data], [])).rejects.toThrow(/other users can replace .*data; chmod go-w /);
  if (folder) await expect(checkFolder(folder)).rejects.toMatchObject({ code: 'not_allowed' });
  // In a sticky folder, such as /tmp, only the owner can.
  chmodSync(parent, 0o1777);
  if (folder) await checkFolder(folder);
});

test('a folder that was replaced by a link is no longer allowed', async () => {
  const data = folderIn(newFolder());
  const [folder] = await allowFolders([data], []);
  rmdirSync(data);
  if (folder) await expect(checkFolder(folder)).rejects.toThrow(/there is no such folder/);
  symlinkSync('/etc', data);
  if (folder) await expect(checkFolder(folder)).rejects.toThrow(/it is another folder since this client started/);
});

test('the sockets of engines are known before there are any, and where links lead to them', async () => {
  const parent = newFolder();
  const link = join(parent, 'link');
  symlinkSync(folderIn(parent), link);
  const sockets = await engineSockets({ DOCKER_HOST: `unix://${link}/docker.sock`, XDG_RUNTIME_DIR: parent });
  expect(sockets).toEqual(
    expect.arrayContaining([
      join(parent, 'data/docker.sock'),
      join(parent, 'docker.sock'),
      expect.stringMatching(/^(?:\/var)?\/run\/docker\.sock$/),
    ]),
  );
});
