import { execFile } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';
import type { Engine } from './support/engine.ts';
import { engine } from './support/engine.ts';
import { hasOwnEngine, ownEngineTest, registryTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { OwnEngine } from './support/own-engine.ts';
import { Registry } from './support/registry.ts';
import { missing, standIns } from './support/stand-ins.ts';
import { tinyImage } from './support/tiny-image.ts';

const examples = new URL('../../examples/containers/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, examples), 'utf8');

interface Run {
  readonly on: Engine;
  /** Texts of the example, and their replacements here. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Folders that the client allows. */
  readonly binds?: readonly string[];
}

/** Runs an example as its README says. */
async function carryOut(name: string, { on, instead = {}, binds = [] }: Run) {
  const script = Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, to), read(name));
  const allowed = binds.flatMap((folder) => ['--container-binds', folder]);
  const args = [main, 'server', '--spawn', '1', '--plugin', 'signalbox/container', '--output', 'json', ...allowed];
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; lines: Line[]; said: string }>();
  const env = { ...process.env, ...on.environment };
  const child = execFile(process.execPath, args, { env, maxBuffer: 2 ** 24 }, (_error, stdout, said) => {
    const lines: Line[] = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    resolve({ exitCode: child.exitCode ?? -1, lines, said });
  });
  child.stdin?.end(script);
  const { exitCode, lines, said } = await promise;
  const output = lines
    .flatMap((one) => (one.type === 'output' && one.command === 'container' ? [one.data ?? ''] : []))
    .join('');
  const failures = lines.filter(({ outcome }) => outcome === 'failed' || outcome === 'rejected');
  return { exitCode, output, lines, said: `${said}${JSON.stringify(failures)}` };
}

interface Line {
  readonly type: string;
  readonly command?: string;
  readonly data?: string;
  readonly outcome?: string;
}

/** A copy of a folder of the examples, which the client may allow wherever the checkout is. */
function copyOf(name: string): string {
  const folder = join(newFolder(), name);
  cpSync(new URL(name, examples), folder, { recursive: true });
  return folder;
}

let own: OwnEngine;
/** They are made while the tests run that need neither. */
let python: Promise<void> | undefined;
let postgres: Promise<void> | undefined;

beforeAll(async () => {
  own = await OwnEngine.start();
  await standIns['debian:12-slim'](own);
  if (missing['python:3-slim'] === undefined) python = standIns['python:3-slim'](own);
  if (missing['postgres:17'] === undefined) postgres = standIns['postgres:17'](own);
});
afterAll(async () => {
  await Promise.allSettled([python, postgres]);
  await own[Symbol.asyncDispose]();
});

const withPython = (title: string, body: () => Promise<void>) =>
  test.skipIf(!hasOwnEngine || missing['python:3-slim'] !== undefined)(title, async () => {
    await python;
    await body();
  });

ownEngineTest('examples/containers/shell-script.box prints its steps', async () => {
  const { exitCode, output, said } = await carryOut('shell-script.box', { on: own });
  expect({ exitCode, output }, said).toEqual({ exitCode: 0, output: 'step 1 of 3\nstep 2 of 3\nstep 3 of 3\n' });
});

ownEngineTest('examples/containers/data.box writes its result next to the data', async () => {
  const folder = newFolder();
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, 'orders.csv'), '1,ann\n2,bob\n3,ann\n');
  const { exitCode, output, said } = await carryOut('data.box', {
    on: own,
    instead: { '/srv/orders': folder },
    binds: [folder],
  });
  expect(exitCode, said).toBe(0);
  expect(output.trim().split(/\s+/)).toEqual(['2', 'ann', '1', 'bob']);
  expect(readFileSync(join(folder, 'customers.txt'), 'utf8')).toBe(output);
});

ownEngineTest('examples/containers/background.box does other work meanwhile, and ends', async () => {
  const { exitCode, output, lines, said } = await carryOut('background.box', { on: own });
  expect(output, said).toContain('other work\n');
  expect(output.match(/^\d{10}$/gm)?.length).toBeGreaterThan(1);
  expect(lines.filter(({ outcome }) => outcome === 'cancelled')).toHaveLength(1);
  expect(exitCode, said).toBe(0);
});

withPython('examples/containers/python.box prints the primes', async () => {
  const folder = copyOf('scripts');
  const { exitCode, output, said } = await carryOut('python.box', {
    on: own,
    instead: { '/srv/scripts': folder },
    binds: [folder],
  });
  expect({ exitCode, output }, said).toEqual({ exitCode: 0, output: '2 3 5 7 11 13 17 19 23 29\n' });
});

withPython('examples/containers/web.box serves a page that another job reads', async () => {
  const folder = copyOf('web');
  const { exitCode, output, lines, said } = await carryOut('web.box', {
    on: own,
    instead: { '/srv/web': folder },
    binds: [folder],
  });
  expect(output, said).toContain('Welcome to the shop.\n');
  expect(exitCode, said).toBe(0);
  expect(lines.filter(({ outcome }) => outcome === 'cancelled')).toHaveLength(1);
  expect(await own.lines('network', 'ls', '--quiet', '--filter', 'name=shop')).toEqual([]);
});

withPython('examples/containers/tests.box ends with the result of the tests', async () => {
  const folder = copyOf('project');
  const run = () => carryOut('tests.box', { on: own, instead: { '/srv/project': folder }, binds: [folder] });
  const { exitCode, output, said } = await run();
  expect(output, said).toContain('Ran 1 test');
  expect(exitCode, said).toBe(0);
  writeFileSync(
    join(folder, 'test_fails.py'),
    'import unittest\nclass Fails(unittest.TestCase):\n  def test(self): self.fail()\n',
  );
  const failed = await run();
  expect(failed.exitCode).toBe(4);
  expect(failed.lines.filter(({ command }) => command === 'run')).toEqual([]);
});

test.skipIf(!hasOwnEngine || missing['postgres:17'] !== undefined)(
  'examples/containers/database.box answers a query',
  async () => {
    await standIns['postgres:17'](own);
    const { exitCode, output, lines, said } = await carryOut('database.box', { on: own });
    expect(output, said).toMatch(/^42$/m);
    expect(exitCode, said).toBe(0);
    expect(lines.filter(({ outcome }) => outcome === 'cancelled')).toHaveLength(1);
    expect(await own.lines('volume', 'ls', '--quiet')).toEqual([]);
  },
);

registryTest('examples/containers/build.box builds an image, pushes it, and runs it from the registry', async () => {
  await using registry = await Registry.start();
  const folder = copyOf('greeter');
  writeFileSync(join(folder, 'Dockerfile'), read('greeter/Dockerfile').replace('debian:12-slim', tinyImage));
  const name = `${registry.address}/${newName('greeter')}`;
  try {
    const instead = { 'registry.example:5000/greeter': name, '/srv/greeter': folder };
    const { exitCode, output, said } = await carryOut('build.box', { on: engine, instead });
    expect({ exitCode, output }, said).toEqual({ exitCode: 0, output: 'hello world\n' });
  } finally {
    await engine.docker('image', 'rm', '--force', `${name}:1`);
  }
});
