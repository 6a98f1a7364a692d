import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { serveApi } from '../../src/api/serve.ts';
import { ownSocketFolders } from '../../src/api/socket-folders.ts';
import { socketPaths } from '../../src/api/socket-paths.ts';
import type { Server } from '../../src/index.ts';
import { openApi } from '../../src/program/open-api.ts';
import { openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { connectCaller } from './connect-caller.ts';

let folder: string;
let server: Server;
const warnings: string[] = [];
beforeEach(async () => {
  folder = newFolder();
  warnings.length = 0;
  server = await openServer();
  onTestFinished(() => server.close());
});

const endpoint = 'tcp://127.0.0.1:5555';
const names = ['tcp_127.0.0.1_5555.grpc.sock', 'tcp_127.0.0.1_5555.sock'];

/** Opens the API like the program; closed at the end of the test. */
async function open(where: { socketDir?: string; folders?: readonly string[] }, of: Server = server) {
  const warn = (line: string) => void warnings.push(line);
  const api = await openApi(of, { folders: [], endpoint, warn, ...where });
  onTestFinished(async () => await api?.[Symbol.asyncDispose]());
  return api;
}

/** The boot id of the server that answers in a folder. */
async function bootIdIn(at: string): Promise<unknown> {
  const { messages } = await connectCaller(socketPaths(at, endpoint).connect, true)('ServerService/GetInfo', {});
  return messages[0]?.bootId;
}

/** A socket whose process was killed. */
function leaveSocket(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(lstatSync(path).isSocket()).toBe(true);
}

test('the default folder is in XDG_RUNTIME_DIR, or in /tmp if that is missing or not an absolute path', () => {
  const inTmp = `/tmp/signalbox-${process.getuid?.()}`;
  expect(ownSocketFolders({ XDG_RUNTIME_DIR: '/run/user/7' })).toEqual(['/run/user/7/signalbox', inTmp]);
  expect(ownSocketFolders({ XDG_RUNTIME_DIR: 'run' })).toEqual([inTmp]);
  expect(ownSocketFolders({})).toEqual([inTmp]);
});

test('a missing folder is created, for this user only, and the sockets are removed when the API has ended', async () => {
  const made = join(folder, 'signalbox');
  const api = await open({ folders: [join(folder, 'no', 'such'), made, join(folder, 'third')] });
  expect(lstatSync(made).mode & 0o777).toBe(0o700);
  expect(readdirSync(made).sort()).toEqual(names);
  expect(await bootIdIn(made)).toBe(server.bootId);
  await api?.[Symbol.asyncDispose]();
  expect(readdirSync(made)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['signalbox']);
  expect(warnings).toEqual([]);
});

type Fault = [what: string, make: (path: string) => void, words: RegExp];
const faults: Fault[] = [
  ['others can enter', (path) => mkdirSync(path, { mode: 0o755 }), /chmod 700/],
  ['its group can enter', (path) => mkdirSync(path, { mode: 0o750 }), /chmod 700/],
  ['is a link', (path) => symlinkSync(newFolder(), path), /not a folder/],
  ['is a file', (path) => writeFileSync(path, 'mine'), /not a folder/],
];
function makeOfAnother(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 4_711, 4_711);
}
// Only root can create one.
if (process.getuid?.() === 0) faults.push(['is of another user', makeOfAnother, /chmod 700/]);

test.each(faults)('a given folder that %s is refused; a default one is reported once', async (_, make, words) => {
  const at = join(folder, 'bad');
  make(at);
  await expect(open({ socketDir: at })).rejects.toThrow(words);
  expect(await open({ folders: [at] })).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(words)]);
  expect(warnings[0]).toContain('--socket-dir');
  const good = join(folder, 'good');
  await open({ folders: [at, good] });
  expect(await bootIdIn(good)).toBe(server.bootId);
  expect(readdirSync(folder).filter((name) => name.endsWith('.sock'))).toEqual([]);
});

test('a given folder that is missing is refused with the command to type', async () => {
  await expect(open({ socketDir: join(folder, 'none') })).rejects.toThrow(/mkdir -m 700/);
});

test('a socket that a killed server has left is taken over', async () => {
  for (const name of names) leaveSocket(join(folder, name));
  await open({ socketDir: folder });
  expect(await bootIdIn(folder)).toBe(server.bootId);
});

test('the leftovers of a server that was killed while it bound are removed', async () => {
  leaveSocket(join(folder, '.api-0123abcd'));
  await open({ socketDir: folder });
  expect(readdirSync(folder).sort()).toEqual(names);
});

test('a file that is not a socket stays unchanged', async () => {
  const path = join(folder, names[1] ?? '');
  writeFileSync(path, 'mine');
  await expect(open({ socketDir: folder })).rejects.toMatchObject({ code: 'cannot_bind' });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(folder)).toEqual([names[1]]);
});

test('an error names a path that is too long for a socket', async () => {
  const long = join(folder, 'x'.repeat(80));
  mkdirSync(long, { mode: 0o700 });
  await expect(open({ socketDir: long })).rejects.toThrow(/the maximum of 107.*--socket-dir/);
  expect(readdirSync(long)).toEqual([]);
});

test('of two servers with the same sockets the second is refused, and the first continues', async () => {
  await open({ socketDir: folder });
  const second = await openServer();
  onTestFinished(() => second.close());
  await expect(open({ socketDir: folder }, second)).rejects.toMatchObject({
    code: 'cannot_bind',
    message: expect.stringContaining('in use'),
  });
  expect(await bootIdIn(folder)).toBe(server.bootId);
  expect(readdirSync(folder).sort()).toEqual(names);
});

test('if two servers take over the same left socket at the same time, one gets it', async () => {
  leaveSocket(join(folder, names[1] ?? ''));
  const second = await openServer();
  onTestFinished(() => second.close());
  const both = await Promise.allSettled([open({ socketDir: folder }), open({ socketDir: folder }, second)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const winner = both[0]?.status === 'fulfilled' ? server : second;
  expect(await bootIdIn(folder)).toBe(winner.bootId);
});

test('a server that ends does not remove the sockets of its successor', async () => {
  const first = await open({ socketDir: folder });
  for (const name of names) rmSync(join(folder, name));
  const second = await openServer();
  onTestFinished(() => second.close());
  await open({ socketDir: folder }, second);
  await first?.[Symbol.asyncDispose]();
  expect(await bootIdIn(folder)).toBe(second.bootId);
});

test('if the second socket cannot be opened the first is closed again', async () => {
  const other = createServer().listen(join(folder, names[0] ?? ''));
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  await expect(serveApi(server, socketPaths(folder, endpoint))).rejects.toMatchObject({ code: 'cannot_bind' });
  expect(existsSync(join(folder, names[1] ?? ''))).toBe(false);
});
