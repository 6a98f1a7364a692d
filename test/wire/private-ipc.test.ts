import { chmodSync, chownSync, lchownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkPrivateIpc } from '../../src/wire/private-ipc.ts';
import { newFolder } from '../support/new-folder.ts';
import { verdict } from '../support/refusal.ts';

/** `ours/box/s` with a socket; everything belongs to this user alone. */
function createTree() {
  const home = newFolder();
  const at = (...path: string[]) => join(home, ...path);
  mkdirSync(at('ours', 'box'), { recursive: true, mode: 0o700 });
  return at;
}

async function withSocket(path: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

test('a socket in a folder of this user alone is accepted, and so is a folder without a socket', async () => {
  const at = createTree();
  const path = at('ours', 'box', 's');
  expect(verdict(() => checkPrivateIpc(path))).toBe('accepted');
  await withSocket(path);
  expect(verdict(() => checkPrivateIpc(path))).toBe('accepted');
  expect(verdict(() => checkPrivateIpc(at('ours', '.', 'box', '..', 'box', '', 's')))).toBe('accepted');
});

type At = (...path: string[]) => string;

describe('is refused if another user could be the server:', () => {
  test.each<[string, (at: At) => void, string]>([
    ['others can enter the folder', (at) => chmodSync(at('ours', 'box'), 0o750), 'others can enter'],
    ['others can write the folder above', (at) => chmodSync(at('ours'), 0o777), 'others can change the contents of'],
    ['a group can write the folder above', (at) => chmodSync(at('ours'), 0o770), 'others can change the contents of'],
    ['others can write the folder above that', (at) => chmodSync(at(), 0o757), 'others can change the contents of'],
    ['the folder is not there', (at) => rmSync(at('ours', 'box'), { recursive: true }), 'does not exist'],
    ['a file is in the place of the socket', (at) => writeFileSync(at('ours', 'box', 's'), ''), 'is not a socket'],
    [
      'a file is in the place of the folder',
      (at) => {
        rmSync(at('ours', 'box'), { recursive: true });
        writeFileSync(at('ours', 'box'), '');
      },
      'is no',
    ],
    [
      'the folder is a link through a folder that others can write',
      (at) => {
        mkdirSync(at('open', 'box'), { recursive: true, mode: 0o700 });
        chmodSync(at('open'), 0o777);
        rmSync(at('ours', 'box'), { recursive: true });
        symlinkSync('../open/box', at('ours', 'box'));
      },
      'others can change the contents of',
    ],
    [
      'the links go round in a circle',
      (at) => {
        rmSync(at('ours', 'box'), { recursive: true });
        symlinkSync('box', at('ours', 'box'));
      },
      'too many links',
    ],
  ])('%s', (_, harm, said) => {
    const at = createTree();
    harm(at);
    expect(verdict(() => checkPrivateIpc(at('ours', 'box', 's')))).toBe('insecure_endpoint');
    expect(() => checkPrivateIpc(at('ours', 'box', 's'))).toThrow(said);
  });

  const isRoot = process.getuid?.() === 0;
  test.runIf(isRoot).each([
    ['the folder', ['ours', 'box']],
    ['the folder above', ['ours']],
    ['the socket', ['ours', 'box', 's']],
  ])('%s belongs to somebody else', async (_, whose) => {
    const at = createTree();
    await withSocket(at('ours', 'box', 's'));
    chownSync(at(...whose), 1, 1);
    expect(() => checkPrivateIpc(at('ours', 'box', 's'))).toThrow(`${at(...whose)} belongs to another user`);
  });

  test.runIf(isRoot)('a link on the path belongs to another user, even in a sticky folder', async () => {
    const at = createTree();
    chmodSync(at(), 0o1777);
    symlinkSync('ours', at('link'));
    expect(verdict(() => checkPrivateIpc(at('link', 'box', 's')))).toBe('accepted');
    lchownSync(at('link'), 1, 1);
    expect(() => checkPrivateIpc(at('link', 'box', 's'))).toThrow(`${at('link')} belongs to another user`);
  });
});

test('a folder inside one that is writable by others but sticky, like /tmp, is accepted', () => {
  const at = createTree();
  chmodSync(at('ours'), 0o1777);
  expect(verdict(() => checkPrivateIpc(at('ours', 'box', 's')))).toBe('accepted');
});

test('a link of this user is followed', () => {
  const at = createTree();
  symlinkSync(at('ours'), at('link'));
  expect(verdict(() => checkPrivateIpc(at('link', 'box', 's')))).toBe('accepted');
});
