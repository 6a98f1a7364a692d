import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Names } from '../../../src/plugins/check/http/names.ts';
import { treeOf } from '../../bench/programs/process-tree.ts';
import { isRunning } from '../../support/is-running.ts';
import { newFolder } from '../../support/new-folder.ts';
import { canOwnNetwork, inOwnNetwork } from './support/own-network.ts';

const scene = fileURLToPath(new URL('support/names-scene.ts', import.meta.url));

test.runIf(canOwnNetwork())(
  'names resolve as for all programs of the client, and 40 unresolvable names delay no other one',
  async () => {
    const folder = newFolder();
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return [`/etc/${name}`, join(folder, name)] as const;
    };
    const files = [
      file('resolv.conf', 'nameserver 127.0.0.1\nsearch inside.example\n'),
      file('hosts', '127.0.0.1 kept.example localhost\n'),
      file('nsswitch.conf', 'hosts: files dns\n'),
    ];
    const [program = '', ...args] = inOwnNetwork([process.execPath, scene], files);
    const { stdout } = await promisify(execFile)(program, args);
    expect(JSON.parse(stdout)).toEqual({
      found: {
        'quick.example': 'ok',
        'slow.example': 'ok',
        'missing.example': 'dns_not_found',
        'failing.example': 'dns_failed',
        'kept.example': 'ok',
        short: 'ok',
        changing: 'refused_address',
      },
      isSilent: true,
      hanging: ['dns_timeout'],
      asked: expect.not.arrayContaining(['kept.example']),
    });
    expect(JSON.parse(stdout).asked).toEqual(expect.arrayContaining(['quick.example', 'short.inside.example']));
  },
);

test('the process that resolves names is restarted when it was killed, and ends with its parent', async () => {
  const before = treeOf(process.pid);
  const names = new Names();
  const child = async () => {
    await names.start();
    return treeOf(process.pid).find((pid) => !before.includes(pid)) ?? 0;
  };
  expect(await names.lookup('localhost', 4)).toEqual(['127.0.0.1']);
  const first = await child();
  process.kill(first, 'SIGKILL');
  await expect
    .poll(() => names.lookup('localhost', 4).catch(({ kind }) => kind), { timeout: 20_000 })
    .toEqual(['127.0.0.1']);
  const second = await child();
  expect(second).not.toBe(first);
  await names[Symbol.asyncDispose]();
  expect(isRunning(second)).toBe(false);
  await expect(names.lookup('localhost', 4)).rejects.toMatchObject({ kind: 'client_fault' });
});

test('it also ends with a client that was killed', async () => {
  const module = new URL('../../../src/plugins/check/http/names.ts', import.meta.url).href;
  const script = `const names = new (await import('${module}')).Names(); await names.start(); console.log('started'); setInterval(() => {}, 1e9);`;
  const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(client.stdout, 'data');
  const [, child = 0] = treeOf(client.pid ?? 0);
  expect(isRunning(child)).toBe(true);
  client.kill('SIGKILL');
  await expect.poll(() => isRunning(child), { timeout: 20_000 }).toBe(false);
});
