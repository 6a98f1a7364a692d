import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createPrivateEndpoint } from '../../src/program/private-endpoint.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

/** Its own folder for temporary files. */
function ownTmp(): string {
  const folder = newFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

function makeOld(folder: string, ...files: string[]): string {
  mkdirSync(folder, { mode: 0o700 });
  for (const file of files) writeFileSync(join(folder, file), '');
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(folder, longAgo, longAgo);
  return folder;
}

test('its end removes the folders of servers that were killed, and no others', async () => {
  const tmp = ownTmp();
  const dead = makeOld(join(tmp, 'signalbox-spawn-aaaaaa'), 'server.sock');
  const empty = makeOld(join(tmp, 'signalbox-spawn-bbbbbb'));
  const foreign = makeOld(join(tmp, 'signalbox-spawn-cccccc'), 'server.sock', 'notes');
  // Names a folder for its socket.
  const other = makeOld(join(tmp, 'signalbox-server'), 'server.sock');
  const health = makeOld(join(tmp, 'signalbox-health'));
  const young = join(tmp, 'signalbox-spawn-eeeeee');
  mkdirSync(young, { mode: 0o700 });
  const alive = makeOld(join(tmp, 'signalbox-spawn-ffffff'));
  const listening = createServer().listen(join(alive, 'server.sock'));
  await vi.waitUntil(() => listening.listening);
  onTestFinished(() => void listening.close());
  utimesSync(alive, 0, 0);

  const endpoint = await createPrivateEndpoint();
  const own = join(endpoint.endpoint.slice('ipc://'.length), '..');
  expect(existsSync(own)).toBe(true);
  await endpoint[Symbol.asyncDispose]();
  expect([own, dead, empty].filter((folder) => existsSync(folder))).toEqual([]);
  expect([foreign, other, health, young, alive].filter((folder) => !existsSync(folder))).toEqual([]);
});

test('if no folder can be created, it says which one and what to set', async () => {
  vi.stubEnv('TMPDIR', '/dev/null');
  onTestFinished(() => void vi.unstubAllEnvs());
  await using server = new Program('server', '--spawn', '1', '-c', 'start');
  expect(await server.exitCode()).toBe(8);
  expect(server.err.join('\n')).toMatch(/cannot create a folder .* in \/dev\/null .* TMPDIR/);
});
