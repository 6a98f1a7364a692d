import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { Program, runScript } from '../support/program.ts';

const json = ['--output', 'json'];

/** The process of the only client, from a line of `clients`. */
const pidIn = (line: string): number => Number(/"pid":(\d+)/.exec(line)?.[1]);

test.each(['wait', 'sleep 1h', 'expect completed calculate 600 y', 'logs -f 2'])(
  '%s ends at SIGINT, with 130 and without its clients',
  async (line) => {
    await using server = new Program('server', '--spawn', '1', ...json);
    server.type('clients', 'start', 'calculate 600 x', line);
    const pid = pidIn(await server.line(/"pid":/));
    await server.line(/"progress"/);
    server.child.kill('SIGINT');
    expect(await server.exitCode()).toBe(130);
    expect(server.json.at(-1)).toMatchObject({ type: 'summary', exitCode: 130 });
    expect(isRunning(pid)).toBe(false);
  },
);

test('a script that is cut short counts jobs that have no outcome yet', async () => {
  await using server = new Program('server', '--spawn', '1', ...json);
  server.type('start', 'calculate 0 x', 'wait', 'calculate 600 x', 'calculate 600 y');
  await server.line(/"progress".*\.4"/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 2, unfinished: 2 });
});

test('and says so in text', async () => {
  await using server = new Program('server', '--spawn', '1', '--echo');
  server.type('start', 'calculate 600 x', 'wait');
  await server.line(/^> wait$/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.err.at(-1)).toBe('1 completed, 1 unfinished; exit code 143');
});

test('the summary is the last line, however much output precedes it', async () => {
  await using server = new Program('server', '--spawn', '1', ...json);
  server.type('start', ...Array.from({ length: 400 }, () => 'calculate 600 x'), 'wait');
  await server.line(/"progress".*\.401"/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  expect(server.json.findIndex(({ type }) => type === 'summary')).toBe(server.json.length - 1);
});

test('the --timeout of the program ends a command that is awaited: 124', async () => {
  const { exitCode } = await runScript(['start', 'expect completed calculate 600 x'], ...json, '--timeout', '1s');
  expect(exitCode).toBe(124);
});

test('a program that ends while it waits for clients sends nothing to those already connected', async () => {
  const flags = ['--wait-clients', '2', '--timeout', '1s'];
  const { exitCode, program } = await runScript(['start'], ...json, ...flags);
  expect(exitCode).toBe(124);
  expect(program.json.filter(({ id, code }) => id !== undefined || code !== undefined)).toEqual([]);
});

test('wait --timeout also counts while no client has connected: 5', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, ...json, '-c', 'wait --timeout 100ms');
  expect(await server.exitCode()).toBe(5);
  expect(server.json).toMatchObject([{ type: 'error', code: 'timed_out' }, { type: 'summary' }]);
});

test('a second signal ends the program at once', async () => {
  await using server = new Program('server', '--spawn', '1', ...json);
  server.type('clients', 'start', 'calculate 600 x');
  const pid = pidIn(await server.line(/"pid":/));
  // A stopped client would be waited for.
  process.kill(pid, 'SIGSTOP');
  server.child.kill('SIGTERM');
  await server.line(/"summary"/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  process.kill(pid, 'SIGCONT');
  await expect.poll(() => isRunning(pid), { timeout: 15_000 }).toBe(false);
});

test('a reader of text that closes the pipe ends the server: 1', async () => {
  await using server = new Program('server', '--spawn', '1');
  server.type('clients', 'start');
  const pid = Number(/:(\d+)$/.exec(await server.line(/^w1 .*:\d+$/))?.[1]);
  server.child.stdout?.destroy();
  server.type('help', 'help', 'sleep 1h');
  expect(await server.exitCode()).toBe(1);
  expect(isRunning(pid)).toBe(false);
});
