import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'));
const here = { cwd: folder };
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tarball = join(folder, `signalbox-${version}.tgz`);

beforeAll(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], here);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('installed elsewhere, the program is there and works', async () => {
  const { stdout } = await run('npx', ['signalbox', 'server', '--spawn', '1', '-c', 'start; ping'], here);
  expect(stdout).toMatch(/w1: 2 ping completed/);
});

test('a program in TypeScript that imports the library type-checks, its types too, and runs', async () => {
  copyFileSync(join(root, 'test/shipped/consumer.ts'), join(folder, 'consumer.ts'));
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2024', lib: ['es2024', 'esnext.disposable'], strict: true, noEmit: true },
    ...{ skipLibCheck: false, types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  await expect(run(join(root, 'node_modules/.bin/tsc'), [], here)).resolves.toMatchObject({ stdout: '' });
  expect((await run(process.execPath, ['consumer.ts'], here)).stdout).toBe('works\n');
});

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: root, pack: 'npm', strict: true });
  expect(messages).toEqual([]);
});

test('the types are right wherever ES modules are', async () => {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  // ES modules only, and `exports` only: neither `require` in TypeScript nor its resolution of before Node 12.
  const known = ['node10', 'node16-cjs'];
  const problems = result.types ? result.problems : ['no types'];
  expect(
    problems.filter(
      (one) => typeof one === 'string' || !('resolutionKind' in one) || !known.includes(one.resolutionKind),
    ),
  ).toEqual([]);
});
