import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ProcessErrorCode, type ProcessOptions, startProcess } from '../../src/process/index.ts';
import { start, text } from '../support/start-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-errors-'));
  const files = {
    plain: 'echo no',
    text: 'echo no',
    lost: '#!/no/such/interpreter\n',
    good: '#!/bin/sh\necho "$0 $1"\n',
    'a=b': '#!/bin/sh\n',
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    if (name !== 'plain') await chmod(join(folder, name), 0o755);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const cases: [what: string, code: ProcessErrorCode, words: RegExp, options: () => ProcessOptions][] = [
  [
    'a program that is nowhere along PATH',
    'program_not_found',
    /no program no-such.*PATH/,
    () => ({ argv: ['no-such'] }),
  ],
  [
    'a program whose path does not exist',
    'program_not_found',
    /no program .*nothing/,
    () => ({ argv: [`${folder}/nothing`] }),
  ],
  ['a file that may not be executed', 'not_executable', /may not be executed/, () => ({ argv: [`${folder}/plain`] })],
  ['a folder', 'not_executable', /is not a regular file/, () => ({ argv: [folder] })],
  ['a text without a #! line', 'not_executable', /run it with a shell/, () => ({ argv: ['./text'], cwd: folder })],
  ['a script without its interpreter', 'not_executable', /no\/such\/interpreter/, () => ({ argv: [`${folder}/lost`] })],
  ['a folder that is missing', 'bad_cwd', /does not exist/, () => ({ argv: ['true'], cwd: `${folder}/nothing` })],
  ['a folder that is a file', 'bad_cwd', /not a directory/, () => ({ argv: ['true'], cwd: `${folder}/plain` })],
  ['one argument that is too long', 'arguments_too_long', /E2BIG/, () => ({ argv: ['true', 'x'.repeat(200_000)] })],
  [
    'arguments that are too long together',
    'arguments_too_long',
    /E2BIG/,
    () => ({ argv: ['true', ...Array<string>(300).fill('x'.repeat(100_000))] }),
  ],
  [
    'an environment that is too long',
    'arguments_too_long',
    /E2BIG/,
    () => ({ argv: ['true'], env: { PATH: '/bin:/usr/bin', X: 'x'.repeat(200_000) } }),
  ],
  ['no program', 'bad_options', /argv/, () => ({ argv: [] })],
  ['a NUL byte', 'bad_options', /NUL/, () => ({ argv: ['true', 'a\0b'] })],
  ['a time that no timer lasts', 'bad_options', /timeoutMs/, () => ({ argv: ['true'], timeoutMs: 2 ** 31 })],
  ['too few open files', 'bad_options', /openFiles/, () => ({ argv: ['true'], limits: { openFiles: 15 } })],
  ['a limit that is no number', 'bad_options', /pids/, () => ({ argv: ['true'], limits: { pids: Number.NaN } })],
];

for (const containment of ['detect', 'none'] as const) {
  test.each(cases)(`%s is reported, containment ${containment}`, async (_what, code, words, options) => {
    const started = startProcess({ ...options(), containment });
    await expect(started).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  });
}

test('a relative program is found in its folder', async () => {
  expect(await text(await start({ argv: ['./good', 'x'], cwd: folder }))).toBe('./good x\n');
});

test('a program is found along the PATH of its own environment', async () => {
  expect(await text(await start({ argv: ['good', 'y'], env: { PATH: `/nowhere:${folder}` } }))).toBe(
    `${folder}/good y\n`,
  );
});

test('a program whose name env would read as a variable is refused', async () => {
  const argv = ['./a=b', 'true'];
  await expect(startProcess({ argv, cwd: folder, limits: { openFiles: 99 } })).rejects.toMatchObject({
    code: 'not_executable',
  });
  expect(await (await start({ argv, cwd: folder, containment: 'none' })).exited).toMatchObject({ exitCode: 0 });
});
