import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { passedOver, socketFolders, socketsAt, socketsIn } from '../../src/api/find-servers.ts';
import { serverAt } from '../../src/program/attach/server-at.ts';
import { newFolder } from '../support/new-folder.ts';

const env = {};
let folder: string;
beforeEach(() => {
  folder = join(newFolder(), 'sockets');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'box.grpc.sock'), '');
});

test('a folder that is given can be a link, as for the server', () => {
  const socketDir = `${folder}.link`;
  symlinkSync(folder, socketDir);
  expect(socketsIn(socketFolders({ socketDir, env }))).toMatchObject([{ grpc: join(folder, 'box.grpc.sock') }]);
  expect(socketsAt(join(socketDir, 'box.sock'), { env })).toMatchObject({ grpc: join(folder, 'box.grpc.sock') });
});

test('without XDG_RUNTIME_DIR, as in cron, the servers of a login session are found, too', () => {
  const uid = process.getuid?.();
  expect(socketFolders({ env })).toEqual([`/tmp/signalbox-${uid}`, '/run/signalbox', `/run/user/${uid}/signalbox`]);
});

test('an error names the fault of a given folder, whatever the address', async () => {
  const open = `${folder}.open`;
  mkdirSync(open);
  chmodSync(open, 0o750);
  for (const [socketDir, code, text] of [
    [`${folder}.gone`, 'cannot_connect', 'does not exist'],
    [join(folder, 'box.grpc.sock'), 'cannot_connect', 'is not a folder'],
    [open, 'insecure_endpoint', 'other users can enter'],
  ] as const) {
    const refused = { code, message: expect.stringContaining(text) };
    await expect(serverAt(undefined, { socketDir, env })).rejects.toMatchObject(refused);
    await expect(serverAt('tcp://127.0.0.1:5555', { socketDir, env })).rejects.toMatchObject(refused);
    await expect(serverAt(join(socketDir, 'box.sock'), { env })).rejects.toMatchObject(refused);
  }
});

test('for another socket, such as the one on which a server listens, the error suggests the endpoint', async () => {
  const path = join(folder, 'socket');
  await using listening = createServer();
  await new Promise<void>((resolve) => void listening.listen(path, resolve));
  const suggests = { code: 'bad_usage', message: expect.stringContaining(`use ipc://${path}`) };
  expect(() => socketsAt(path, { env })).toThrow(expect.objectContaining(suggests));
  expect(() => socketsAt(join(folder, 'nothing'), { env })).toThrow('neither the path of a socket');
});

test.skipIf(process.getuid?.() === 0)(
  'an unreadable folder is skipped, and is named in an error if it was given',
  async () => {
    chmodSync(folder, 0o000);
    expect(socketsIn([folder])).toEqual([]);
    const refused = { code: 'cannot_connect', message: expect.stringContaining('cannot be read') };
    await expect(serverAt(undefined, { socketDir: folder, env })).rejects.toMatchObject(refused);
    // So that it can be removed.
    chmodSync(folder, 0o700);
  },
);

test('an unusable default folder is named if no server is found', () => {
  chmodSync(folder, 0o750);
  const reason = `other users can enter ${folder}; set its mode to 0700`;
  expect(passedOver([folder, `${folder}.gone`, newFolder()])).toEqual([reason]);
});
