import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { version } from '../src/version.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const node = (...args: string[]) => run(process.execPath, args, { cwd: root });

test('the program on the library runs ten jobs, cancels one and meets the deadline of two', async () => {
  const { stdout } = await node('examples/embed.ts');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1}/10`));
  const ended = (what: string) => lines.filter((line) => line.includes(` ${what}: `)).length;
  expect({ completed: ended('completed'), cancelled: ended('cancelled'), failed: ended('failed') }).toEqual({
    completed: 7,
    cancelled: 1,
    failed: 2,
  });
});

test('the program on the library is under 40 lines', () => {
  expect(read('examples/embed.ts').trimEnd().split('\n').length).toBeLessThan(40);
});

test('the tour ends with exit code 0 and the outcomes that the README shows', async () => {
  const { stdout } = await node('src/main.ts', 'server', '--spawn', '3', '-c', 'source examples/tour.box');
  expect(stdout).toContain('w2: 1 ping rejected: not_ready');
  expect(stdout).toContain('w1 | one second of work on w1\n');
  expect(stdout).toMatch(/w1: 7 calculate cancelled in \d+ ms/);
  expect(stdout.match(/ terminate completed: now terminating/g)).toHaveLength(3);
});

test('the README shows the tour as it is', () => {
  expect(read('README.md')).toContain(read('examples/tour.box'));
});

test('the generated tables of the README are those of the code', async () => {
  await expect(node('scripts/readme.ts', '--check')).resolves.toMatchObject({ stderr: '' });
});

test('the version in the code is that of the package', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ version });
});
