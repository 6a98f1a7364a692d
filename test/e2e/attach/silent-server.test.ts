import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';

/** Accepts connections and sends nothing, like a stopped server. */
async function openMute() {
  const folder = newFolder();
  chmodSync(folder, 0o700);
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
  await once(server.listen(`${folder}/mute.grpc.sock`), 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const attach = (...args: string[]) => {
    const program = new Program('attach', `${folder}/mute.sock`, '-c', 'clients', ...args);
    onTestFinished(() => program[Symbol.asyncDispose]());
    return program;
  };
  return { server, attach };
}

test('a silent server blocks no one: timeouts end the wait, and so do signals', async () => {
  const { server, attach } = await openMute();
  const bounded = attach('--connect-timeout', '100ms');
  expect(await bounded.exitCode()).toBe(8);
  expect(bounded.err).toEqual([expect.stringContaining('has not answered for 0.1 s')]);
  expect(await attach('--timeout', '100ms').exitCode()).toBe(124);
  for (const [signal, exitCode] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    const program = attach();
    await once(server, 'connection');
    program.child.kill(signal);
    expect(await program.exitCode()).toBe(exitCode);
  }
});

test('a name with a control character is refused, because HTTP/2 would drop the character and name another operator', async () => {
  const { attach } = await openMute();
  const refused = attach('--as', 'a\nb', '--connect-timeout', '100ms');
  expect(await refused.exitCode()).toBe(2);
  expect(refused.err.join('\n')).toContain('--as');
});
