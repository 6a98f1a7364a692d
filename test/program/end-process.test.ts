import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';

/** Runs Node code that ends itself with `endProcess`. */
async function end(text: string): Promise<unknown[]> {
  const program = new URL('../../src/program/end-process.ts', import.meta.url);
  const whole = `import { endProcess } from '${program}';\nimport { open } from 'node:fs';\n${text}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', whole], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return await once(child, 'exit');
}

test('a process ends with its exit code', async () => {
  expect(await end('endProcess(5);')).toEqual([5, null]);
});

test('also when its threads wait for a file whose other end is never opened', async () => {
  const folder = newFolder();
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  // As many as libuv has threads.
  const stuck = `for (let at = 0; at < 4; at += 1) open('${fifo}', 'r', () => {});`;
  expect(await end(`${stuck}\nsetTimeout(() => endProcess(143), 10);`)).toEqual([143, null]);
});
