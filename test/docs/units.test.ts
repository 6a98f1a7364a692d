import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KeyStore } from '../../src/keys/key-store.ts';
import { clientOptions, serverOptions } from '../../src/program/options/programs.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main } from '../support/program.ts';
import { blocksOf } from './markdown.ts';

const isHere = spawnSync('systemd-analyze', ['--version']).status === 0;
const folder = '/etc/systemd/system/';
const units = blocksOf('docs/operating.md')
  .filter(({ begins }) => begins.startsWith(`# ${folder}`))
  .map(({ begins, text }) => ({ name: begins.slice(`# ${folder}`.length), text }));

/** The values of a setting, as systemd reads them. */
const values = (text: string, setting: string) =>
  [...text.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value);

test('docs/operating.md has a unit of the server and one of a client', () => {
  expect(units.map(({ name }) => name)).toEqual(['signalbox-server.service', 'signalbox-client.service']);
});

test.each(units)('$name sets variables that the program has', ({ name, text }) => {
  const known = (name.includes('server') ? serverOptions() : clientOptions()).map(({ envVar }) => envVar);
  const set = values(text, 'Environment').map((one) => one.split('=')[0]);
  expect(set.filter((variable) => variable !== 'XDG_STATE_HOME' && !known.includes(variable))).toEqual([]);
});

// `.ci/run` installs it.
test.skipIf(!isHere).each(units)('systemd-analyze has nothing to say of $name, and calls it safe', ({ name, text }) => {
  const place = newFolder();
  const program = join(place, 'signalbox');
  writeFileSync(program, '');
  chmodSync(program, 0o755);
  const path = join(place, name);
  writeFileSync(path, text.replaceAll('/usr/local/bin/signalbox', program));
  const said = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', path], {
    encoding: 'utf8',
  });
  expect({ status: said.status, said: said.stderr }).toEqual({ status: 0, said: '' });
  const threshold = name.includes('server') ? 20 : 40;
  const flags = ['security', '--no-pager', '--offline=true', `--threshold=${threshold}`];
  const { status, stdout } = spawnSync('systemd-analyze', [...flags, path], { encoding: 'utf8' });
  expect({ status, stdout }).toMatchObject({ status: 0 });
});

test('the server starts with the settings of its unit, and counts as started when it answers', async () => {
  const place = newFolder();
  const [{ text = '' } = {}] = units;
  const endpoint = await freeEndpoint();
  const here = text
    .replaceAll(/(?<==)\/(run|var)\//g, `${place}/$1/`)
    .replaceAll('/usr/local/bin/signalbox', `${process.execPath} ${main}`)
    .replace('tcp://0.0.0.0:5555', endpoint);
  for (const one of ['run/signalbox', 'var/lib/signalbox', 'bin'])
    mkdirSync(join(place, one), { recursive: true, mode: 0o700 });
  writeFileSync(join(place, 'bin/signalbox'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 });
  new KeyStore(join(place, 'var/lib/signalbox/keys')).init();
  const env = [...values(here, 'Environment'), `PATH=${join(place, 'bin')}:${process.env.PATH}`];
  await using server = new ChildProgram('env', ['-i', ...env, ...(values(here, 'ExecStart')[0] ?? '').split(' ')]);
  const [, post = ''] = /^\/bin\/sh -c '(.*)'$/.exec(values(here, 'ExecStartPost')[0] ?? '') ?? [];
  const started = (mainPid: unknown) =>
    execFileSync('env', ['-i', ...env, `MAINPID=${mainPid}`, '/bin/sh', '-c', post], { stdio: 'ignore' });
  started(server.child.pid);
  expect(JSON.parse(await server.line(/"listening"/))).toMatchObject({ endpoint });
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
  expect(() => started(server.child.pid)).toThrow();
});
