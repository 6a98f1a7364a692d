import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { inShell, Program } from '../support/program.ts';

function newFifo(): string {
  const folder = newFolder();
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

test.each([
  ['server', '--log'],
  ['server', '--audit'],
  ['client', '--log'],
])('a %s with %s at a pipe without a reader ends with 2 and says so', async (command, option) => {
  const args = command === 'server' ? ['--bind', 'tcp://127.0.0.1:*', '-c', 'exit'] : [];
  await using program = new Program(command, option, newFifo(), ...args);
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toMatch(/it is a pipe without a reader/);
});

test.each([
  ['server', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
  ['client', 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY'],
])('a %s with %s at a pipe ends with 2 and says so', async (command, variable) => {
  const args = command === 'server' ? ['--bind', 'tcp://127.0.0.1:*', '-c', 'exit'] : [];
  const fifo = newFifo();
  const traces = ['--traces', 'https://127.0.0.1:9'];
  await using program = inShell(`exec env ${variable}=${fifo} "$@"`, command, ...traces, ...args);
  expect(await program.exitCode()).toBe(2);
  expect(program.err).toEqual([`signalbox: ${variable}: ${fifo} cannot be read: it is a pipe, not a file`]);
});

test('a missing certificate is an error, not skipped', async () => {
  const args = ['server', '--traces', 'https://127.0.0.1:9', '--bind', 'tcp://127.0.0.1:*', '-c', 'exit'];
  await using program = inShell('exec env OTEL_EXPORTER_OTLP_CERTIFICATE=/nosuch "$@"', ...args);
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join()).toMatch(/OTEL_EXPORTER_OTLP_CERTIFICATE: \/nosuch cannot be read: ENOENT/);
});

test('a pipe with a reader gets log and audit records as they are written', async () => {
  const args = ['server', '--bind', 'tcp://127.0.0.1:*', '--log', '/dev/fd/3', '--audit', '/dev/fd/3', '-c', 'exit'];
  await using program = inShell('{ "$@" 3>&1 >&2 | cat; } ', ...args);
  expect(await program.exitCode()).toBe(0);
  expect(program.json.map(({ msg }) => msg)).toEqual(['started', 'listening', 'ended']);
});

test('a pipe whose reader stalls delays a server by 10 s after SIGTERM, and is named', {
  timeout: 60_000,
}, async () => {
  const fifo = newFifo();
  // Its reader, which reads nothing.
  openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  await using server = new Program('server', '--spawn', '1', '--log', fifo, '--log-level', 'debug', '--output', 'json');
  server.type('start', ...Array.from({ length: 1_000 }, () => 'ping'), 'sleep 1h');
  await server.line(/"result".*"id":"[^"]*\.1001"/);
  server.child.kill('SIGTERM');
  await server.line(/did not end within 10 s because of the log; ended anyway/);
  expect(await server.exitCode()).toBe(143);
});

test('a second SIGTERM ends a server with a stalled log at once', async () => {
  const fifo = newFifo();
  openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  await using server = new Program('server', '--spawn', '1', '--log', fifo, '--log-level', 'debug', '--output', 'json');
  server.type('start', ...Array.from({ length: 1_000 }, () => 'ping'), 'sleep 1h');
  await server.line(/"result".*"id":"[^"]*\.1001"/);
  server.child.kill('SIGTERM');
  await server.line(/"summary"/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
});

test('a terminated client whose output is not read ends after 10 s with 0', {
  timeout: 60_000,
}, async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--output', 'json');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  client.child.stdout?.pause();
  const exited = once(client.child, 'exit');
  const text = 'x'.repeat(60_000);
  server.type(...Array.from({ length: 5 }, () => `calculate 0 ${text}`), 'wait', 'terminate').end();
  expect(await server.exitCode()).toBe(0);
  await client.line(/did not end within 10 s because of output that nobody reads; ended anyway/);
  expect(await exited).toEqual([0, null]);
});
