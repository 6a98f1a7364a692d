import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isIpcInUse } from '../../src/wire/ipc-in-use.ts';

test('a server that is stopped, and has more waiting than it can hold, still has its path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
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
