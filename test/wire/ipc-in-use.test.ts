import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { isIpcInUse } from '../../src/wire/ipc-in-use.ts';
import { newFolder } from '../support/new-folder.ts';

test('a stopped server with a full backlog keeps its path', async () => {
  const folder = newFolder();
  const path = join(folder, 's.sock');
  const text = `net.createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => { console.log('here'); process.kill(process.pid, 'SIGSTOP'); })`;
  const server = spawn(process.execPath, ['-e', text]);
  onTestFinished(() => void server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  let isFull = false;
  while (!isFull) {
    const waiting = connect(path).on('error', () => {});
    onTestFinished(() => void waiting.destroy());
    isFull = await once(waiting, 'connect').then(
      () => false,
      () => true,
    );
  }
  expect(await isIpcInUse(`ipc://${path}`)).toBe(true);
  server.kill('SIGKILL');
  await once(server, 'exit');
  expect(await isIpcInUse(`ipc://${path}`)).toBe(false);
});

test('the path is not reported as free if the check fails for lack of a descriptor', async () => {
  const folder = newFolder();
  const path = join(folder, 's.sock');
  const asked = JSON.stringify(fileURLToPath(new URL('../../src/wire/ipc-in-use.ts', import.meta.url)));
  const text = `
    const [fs, net] = [await import('node:fs'), await import('node:net')];
    const { isIpcInUse } = await import(${asked});
    await new Promise((listening) => net.createServer().unref().listen(${JSON.stringify(path)}, listening));
    try { for (;;) fs.openSync('/dev/null'); } catch {}
    const said = await isIpcInUse(${JSON.stringify(`ipc://${path}`)}).catch(({ code }) => code);
    console.log(said);`;
  const args = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', text];
  const program = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(program.stdout, 'data');
  expect(String(said).trim()).toBe('cannot_bind');
});
