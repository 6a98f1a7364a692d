import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { Program } from '../support/program.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('a server whose output is not read still ends, and says what delayed it', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('clients', 'start');
  const pid = Number(/"pid":(\d+)/.exec(await server.line(/"pid":/))?.[1]);
  server.child.stdout?.pause();
  // More than any pipe holds.
  server.type(...Array.from({ length: 3_000 }, () => 'clients'));
  await server.quiet(500);
  server.child.kill('SIGTERM');
  await server.line(/did not end within 10 s because of output that nobody reads; ended anyway/);
  await once(server.child, 'exit');
  expect(server.child.exitCode).toBe(143);
  await expect.poll(() => isRunning(pid), { timeout: 50_000 }).toBe(false);
});

describe('a terminal that closes', () => {
  /** Runs a command line on its own terminal, which closes when the process is killed. */
  function onTerminal(...args: string[]) {
    const line = [process.execPath, main, ...args].join(' ');
    // Of util-linux. `exec`: the terminal's only process is the program.
    return spawn('script', ['--quiet', '--command', `exec ${line}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  async function said(terminal: ReturnType<typeof onTerminal>, pattern: RegExp): Promise<RegExpExecArray> {
    let text = '';
    for await (const chunk of terminal.stdout.iterator({ destroyOnReturn: false })) {
      text += chunk;
      const found = pattern.exec(text);
      if (found) return found;
    }
    throw new Error(`the terminal closed without ${pattern}: ${text}`);
  }

  test('ends the server at its prompt and its clients', async () => {
    const terminal = onTerminal('server', '--spawn', '1');
    await said(terminal, /w1 is unready/);
    terminal.stdin.write('clients\n');
    const pid = Number((await said(terminal, /w1 +unready .*?:(\d+)\s/))[1]);
    terminal.kill('SIGKILL');
    await expect.poll(() => isRunning(pid), { timeout: 50_000 }).toBe(false);
  });

  test('ends a client, which says goodbye', async () => {
    const endpoint = await freeEndpoint();
    await using server = new Program('server', '--bind', endpoint, '--output', 'json');
    server.type('sleep 1h');
    const terminal = onTerminal('client', '--connect', endpoint, '--name', 'w1');
    await said(terminal, /is connected/);
    terminal.kill('SIGKILL');
    const offline = JSON.parse(await server.line(/"state":"offline"/));
    expect(offline).toMatchObject({ client: 'w1', reason: 'w1 said goodbye: ended by a signal' });
  });
});
