import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program, runScript, startInShell } from '../support/program.ts';

test('a job that fails later ends the script: nothing more is sent', async () => {
  const script = ['start', 'calculate 60 x --timeout 100ms', 'sleep 1h', 'ping'];
  const { exitCode, program } = await runScript(script, '--output', 'json');
  expect(exitCode).toBe(5);
  expect(program.about('result', 'calculate')).toMatchObject([
    { outcome: 'failed', error: { code: 'deadline_exceeded' } },
  ]);
  expect(program.about('accepted', 'ping')).toEqual([]);
});

test('with --exit-code job the largest exit code of the programs is passed on, unless something else failed', async () => {
  const script = ['start', '@w1 run sh -c "exit 3"', '@w2 run sh -c "exit 40"', 'wait', '@w1 run sh -c "kill -9 $$"'];
  const codeOf = async (lines: string[], ...options: string[]) =>
    (await runScript(lines, '--spawn', '2', '--keep-going', ...options)).exitCode;
  const codes = await Promise.all([
    codeOf(script),
    codeOf(script.slice(0, 4), '--exit-code', 'job'),
    codeOf(script, '--exit-code', 'job'),
    codeOf([...script, '@w1 stop', '@w1 ping'], '--exit-code', 'job'),
    codeOf([...script, 'nothing'], '--exit-code', 'job'),
    codeOf(['start; run true', 'expect failed run sh -c "exit 9"'], '--exit-code', 'job'),
  ]);
  expect(codes).toEqual([4, 40, 137, 4, 2, 0]);
});

test('wait --timeout ends with 5 and names the unfinished jobs', async () => {
  const script = ['start', 'calculate 600 x', 'wait --timeout 100ms', 'cancel 2'];
  const { exitCode, program } = await runScript(script, '--keep-going');
  expect(exitCode).toBe(5);
  expect(program.err.join('\n')).toContain('2/w1 had not ended after 100 ms');
});

test('no client within --connect-timeout: 5', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--connect-timeout', '200ms', '-c', 'ping');
  expect(await server.exitCode()).toBe(5);
});

test('the --timeout of the program: 124', async () => {
  expect((await runScript(['start', 'sleep 1h'], '--timeout', '1500ms')).exitCode).toBe(124);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s during a script: %i, and its clients are gone', async (signal, code) => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('clients', 'start', 'calculate 600 x');
  const pid = Number(/"pid":(\d+)/.exec(await server.line(/"pid":/))?.[1]);
  await server.line(/"accepted".*calculate/);
  expect(isRunning(pid)).toBe(true);
  server.child.kill(signal);
  expect(await server.exitCode()).toBe(code);
  expect(isRunning(pid)).toBe(false);
});

test.each(['tcp', 'ipc'])('a %s address in use: 8, and it is named', async (transport) => {
  const folder = newFolder();
  const endpoint = transport === 'tcp' ? await freeEndpoint() : `ipc://${folder}/s.sock`;
  await using first = new Program('server', '--bind', endpoint, '-c', 'sleep 1h');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1');
  await client.line(/w1 is connected/);
  await using second = new Program('server', '--bind', endpoint, '-c', 'ping');
  expect(await second.exitCode()).toBe(8);
  expect(second.err.join('\n')).toContain(`cannot listen on ${endpoint}: address already in use`);
  expect(first.child.exitCode).toBeNull();
});

test('a client killed during a job is lost after --lost-after: 6', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--lost-after', '500ms', '--output', 'json');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  server.type('calculate 600 x').end('wait\n');
  await server.line(/"accepted".*calculate/);
  client.child.kill('SIGKILL');
  expect(await server.exitCode()).toBe(6);
  expect(server.about('result', 'calculate')).toMatchObject([{ outcome: 'lost', error: { code: 'lost' } }]);
});

test.each([
  ['an unknown option', ['--bnd', 'x'], 2],
  ['an endpoint that is none', ['--bind', 'nowhere'], 2],
  ['an address that others can reach', ['--bind', 'tcp://0.0.0.0:5599', '-c', 'ping'], 7],
])('%s: %j ends with %i', async (_, flags, code) => {
  await using server = new Program('server', ...flags);
  expect(await server.exitCode()).toBe(code);
  expect(server.err.length).toBeGreaterThan(0);
});

test.each([
  ['an address that others can reach', ['--bind', 'tcp://0.0.0.0:5599'], 7, 'insecure_endpoint'],
  ['an address of another machine', ['--bind', 'tcp://192.0.2.1:5599', '--insecure'], 8, 'cannot_bind'],
  ['a log that cannot be opened', ['--bind', 'tcp://127.0.0.1:*', '--log', '/dev/null/log'], 2, 'bad_usage'],
])('a server that cannot start says so in JSON too: %s', async (_, flags, exitCode, code) => {
  await using server = new Program('server', ...flags, '--output', 'json', '-c', 'ping');
  expect(await server.exitCode()).toBe(exitCode);
  expect(server.json).toMatchObject([
    { type: 'error', code },
    { type: 'summary', completed: 0, unfinished: 0, exitCode },
  ]);
  expect(server.err.join('\n')).toContain('signalbox: ');
});

test('an ipc socket in a folder that others can enter: 7', async () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  await using server = new Program('server', '--bind', `ipc://${folder}/s.sock`, '-c', 'ping');
  expect(await server.exitCode()).toBe(7);
  expect(server.err.join('\n')).toContain(`chmod 700 ${folder}`);
});

test('a reader that closes the pipe ends the server', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('start');
  await server.line(/"result".*start/);
  server.child.stdout?.destroy();
  server.type('ping', 'ping', 'sleep 1h');
  expect(await server.exitCode()).toBe(1);
  expect(server.err.join('\n')).toMatch(/^signalbox: standard output can no longer be written: write EPIPE$/m);
});

test('a full disk ends the server, and its summary is written once', async () => {
  await using server = startInShell('exec "$@" > /dev/full', '--spawn', '1', '-c', 'start; ping');
  expect(await server.exitCode()).toBe(1);
  expect(server.err.join('\n')).toMatch(/^signalbox: standard output can no longer be written: ENOSPC/m);
  expect(server.err.filter((line) => /completed.*exit code 1/.test(line)).length).toBeLessThan(2);
});
