import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runMany } from './run-many.ts';

const descriptors = async () => (await readdir('/proc/self/fd')).length;

for (const containment of ['detect', 'none'] as const) {
  test(`short processes in a row leave no descriptor and no process, containment ${containment}`, async () => {
    await runMany(8, { containment });
    // Pipes for later use are created in batches.
    const before = (await descriptors()) + 32;
    expect(await runMany(containment === 'none' ? 50 : 300, { containment, atATime: 8 })).toEqual({ wrong: 0 });
    expect(await descriptors()).toBeLessThanOrEqual(before);
  }, 60_000);
}

test('a lack of descriptors is reported each time, and starts work again when there are some', async () => {
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { startProcess } from ${JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href)};
    const run = () => startProcess({ argv: ['true'] }).then((job) => job.exited.then(() => 'ran'), ({ code }) => code);
    const said = [await run()];
    const open = [];
    try { for (;;) open.push(openSync('/dev/null')); } catch {}
    for (let left = 0; left < 3; left += 1) closeSync(open.pop());
    for (let times = 0; times < 20; times += 1) said.push(await run());
    for (const descriptor of open) closeSync(descriptor);
    said.push(await run());
    process.stdout.write(said.join(' '));
  `;
  const node = [process.execPath, '--input-type=module-typescript', '-e', program];
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n 128; exec "$@"', 'sh', ...node]);
  const codes = stdout.split(' ');
  expect(codes).toHaveLength(22);
  expect(new Set(codes)).toEqual(new Set(['ran', 'cannot_fork']));
  expect([codes[0], codes.at(-1)]).toEqual(['ran', 'ran']);
});
