import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { ownState } from '../support/own-state.ts';
import { main } from '../support/program.ts';

/** A client that must end before it connects. */
function client(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const all = [main, 'client', '--connect', 'tcp://127.0.0.1:1', '--plugin', 'signalbox/container', ...args];
  const { status, stderr } = spawnSync(process.execPath, all, {
    env: { ...process.env, ...ownState, ...env },
    encoding: 'utf8',
    // Nothing else of this process runs meanwhile, not even the timeout of the test.
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  return { status, stderr };
}

function folders() {
  const root = newFolder();
  const outer = join(root, 'outer');
  mkdirSync(join(outer, 'inner'), { recursive: true });
  writeFileSync(join(root, 'file'), '');
  symlinkSync('/run', join(root, 'link'));
  return { root, outer, inner: join(outer, 'inner'), file: join(root, 'file'), link: join(root, 'link') };
}

test('a client does not start with folders or capabilities that it cannot allow', () => {
  const { outer, inner, file, link, root } = folders();
  const binds = (...all: string[]) => client(all.flatMap((one) => ['--container-binds', one]));
  const socket = /docker\.sock is in it, and access to the socket of the engine is root access/;
  for (const [{ status, stderr }, says] of [
    [binds('/run'), socket],
    [binds('/'), socket],
    [binds(link), socket],
    [binds(outer, inner), /inner: it lies in .*outer, so a container could replace it with a link/],
    [binds(file), /it is no folder/],
    [binds(join(root, 'nowhere')), /there is no such folder/],
    [client([], { SIGNALBOX_CONTAINER_BINDS: '/run' }), socket],
    [client(['--container-caps', 'SYS_ADMINS']), /expected a capability such as NET_ADMIN, or ALL/],
  ] as const) {
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  }
});

test('a configuration reports the same errors', () => {
  const { root } = folders();
  const config = join(root, 'client.yaml');
  writeFileSync(config, 'plugins:\n  signalbox/container:\n    binds: [/run]\n    caps: [NET_ADMIN]\n');
  const { status, stderr } = client(['--config', config]);
  expect(stderr).toMatch(/docker\.sock is in it/);
  expect(status).toBe(2);
});

test('a server does not look for the folders: its options are for clients that it starts', () => {
  const args = [main, 'server', '--plugin', 'signalbox/container', '--container-binds', '/run', '-c', 'help container'];
  const { status, stdout } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...ownState },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('--mount SRC:DST[:ro]');
});
