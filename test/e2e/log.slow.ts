import { readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { hasTmux, Screen } from '../support/tmux.ts';

/** A record of a log. */
interface LogRecord extends Record<string, unknown> {
  readonly level: string;
  readonly ts: number;
  readonly msg: string;
}

function logPath(): string {
  const folder = newFolder();
  return join(folder, 'log');
}

const parse = (lines: readonly string[]): LogRecord[] => lines.map((line) => JSON.parse(line));
const records = (path: string): LogRecord[] => parse(readFileSync(path, 'utf8').trimEnd().split('\n'));
const about = (log: readonly LogRecord[], msg: string) => log.filter((record) => record.msg === msg);

test('a server and a client log what they do; debug includes each command, without the arguments that the audit omits', async () => {
  const [serverLog, clientLog, endpoint] = [logPath(), logPath(), await freeEndpoint()];
  const debug = ['--log-level', 'debug'];
  const at = ['--connect', endpoint, '--name', 'w1'];
  await using client = new Program('client', ...at, '--log', clientLog, ...debug);
  await client.line(/trying again/);
  await using server = new Program('server', '--bind', endpoint, '--log', serverLog, ...debug, '--keep-going');
  server.type('ping', 'start', 'calculate 0 hello', 'run --env TOKEN=hunter2 true', 'terminate');
  expect(await client.exitCode()).toBe(0);
  await expect.poll(() => readFileSync(serverLog, 'utf8'), { timeout: 15_000 }).toContain('client left');
  server.end();
  expect(await server.exitCode()).toBe(7);

  const log = records(serverLog);
  expect(log.at(0)).toMatchObject({ level: 'info', program: 'server', pid: server.child.pid, msg: 'started' });
  expect(log.at(-1)).toMatchObject({ level: 'info', exitCode: 7, msg: 'ended' });
  expect(about(log, 'listening')).toMatchObject([{ endpoint, bootId: expect.any(String), ts: expect.any(Number) }]);
  expect(about(log, 'client joined')).toMatchObject([
    { pid: server.child.pid, client: 'w1', clientPid: client.child.pid },
  ]);
  expect(about(log, 'client left')).toMatchObject([{ client: 'w1', reason: expect.stringContaining('terminated') }]);
  expect(about(log, 'client state').map(({ state }) => state)).not.toContain('offline');
  expect(about(log, 'command sent')).toMatchObject([
    { level: 'debug', client: 'w1', command: 'ping', args: {} },
    { command: 'start' },
    { command: 'calculate', args: { seconds: 0, message: 'hello' } },
    { command: 'run', args: { argv: ['true'], env: ['TOKEN'] } },
    { command: 'terminate' },
  ]);
  const ids = about(log, 'command sent').map(({ id }) => id);
  expect(about(log, 'job rejected')).toMatchObject([
    { id: ids[0], client: 'w1', command: 'ping', code: 'not_ready' },
    { id: ids[3], client: 'w1', command: 'run', code: 'not_allowed' },
  ]);
  expect(about(log, 'job ended')).toMatchObject([
    { id: ids[1], outcome: 'completed' },
    { id: ids[2], outcome: 'completed', durationMs: expect.any(Number) },
    { id: ids[4], outcome: 'completed' },
  ]);

  const own = records(clientLog);
  expect(own.map(({ program, client: name }) => [program, name])).toContainEqual(['client', 'w1']);
  expect(about(own, 'disconnected').filter(({ level }) => level === 'warn')).toMatchObject([
    { code: 'cannot_connect', reason: expect.stringContaining('nobody listens there') },
  ]);
  expect(about(own, 'connected')).toMatchObject([{ level: 'info', server: endpoint }]);
  expect(about(own, 'job began').map(({ id, command }) => [id, command])).toEqual([
    [ids[1], 'start'],
    [ids[2], 'calculate'],
    [ids[4], 'terminate'],
  ]);
  expect(about(own, 'job ended')).toMatchObject([
    { id: ids[0], outcome: 'rejected', code: 'not_ready' },
    { id: ids[1], outcome: 'completed' },
    { id: ids[2], outcome: 'completed' },
    { id: ids[3], outcome: 'rejected', code: 'not_allowed' },
    { id: ids[4], outcome: 'completed' },
  ]);
  expect(about(own, 'ended')).toMatchObject([{ exitCode: 0 }]);
  for (const path of [serverLog, clientLog]) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('hunter2');
  }
});

test('by default the log has no commands, only problems: lost, unresponsive, refused', async () => {
  const [path, endpoint] = [logPath(), await freeEndpoint()];
  await using server = new Program(
    'server',
    '--bind',
    endpoint,
    '--log',
    path,
    '--lost-after',
    '100ms',
    '--keep-going',
  );
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  await client.line(/w1 is connected/);
  await using double = new Program('client', '--connect', endpoint, '--name', 'w1');
  await double.line(/a client named w1 is connected/);
  double.child.kill('SIGKILL');
  server.type('ping', 'calculate 600 x');
  await server.line(/ping completed/);
  client.child.kill('SIGSTOP');
  await server.line(/w1 is unresponsive/);
  client.child.kill('SIGKILL');
  await server.line(/calculate lost/);
  server.end();
  expect(await server.exitCode()).toBe(6);
  const warnings = records(path).filter(({ level }) => level !== 'info');
  // Once more at the end, because it returned before it was killed.
  const [refused, ...others] = warnings.filter(({ msg }, at) => at === 0 || msg !== 'refused');
  expect(refused).toMatchObject({ level: 'warn', client: 'w1', code: 'name_taken', msg: 'refused' });
  expect(others).toMatchObject([
    { level: 'warn', client: 'w1', reason: 'silent for 3 s', msg: 'client unresponsive' },
    { level: 'warn', client: 'w1', command: 'calculate', outcome: 'lost', code: 'lost', msg: 'job ended' },
  ]);
});

test('the log is appended to, also after it was copied and truncated', async () => {
  const path = logPath();
  await using first = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--log', path, '--wait-clients', '0');
  await expect.poll(() => readFileSync(path, 'utf8'), { timeout: 15_000 }).toContain('"listening"');
  truncateSync(path);
  first.end();
  expect(await first.exitCode()).toBe(0);
  expect(records(path).map(({ msg }) => msg)).toEqual(['ended']);
  await using second = new Program('server', '--bind', 'nowhere', '--log', path, '-c', 'ping');
  expect(await second.exitCode()).toBe(2);
  expect(records(path)).toMatchObject([
    { msg: 'ended' },
    { msg: 'started' },
    { level: 'error', code: 'bad_usage', reason: expect.stringContaining('nowhere'), msg: 'failed' },
  ]);
});

test('- is standard error: everything that a client says is then a record', async () => {
  const endpoint = await freeEndpoint();
  const name = ['--name', 'w1', '--connect', endpoint];
  await using server = new Program('server', '--bind', endpoint, '--log', '-');
  await server.line(/"listening"/);
  await using client = new Program('client', ...name, '--log', '-');
  await server.line(/"client joined"/);
  await client.line(/"connected"/);
  client.child.kill('SIGTERM');
  expect(await client.exitCode()).toBe(0);
  server.end();
  await server.line(/"ended"/);
  expect(parse(client.err).map(({ msg }) => msg)).toEqual(['started', 'connected', 'state', 'state', 'ended']);
  expect(server.out.join('\n')).not.toContain('{');
});

test('on a full disk the program keeps running, ends as usual, and reports the error once', async () => {
  const flags = ['--log', '/dev/full', '--log-level', 'debug'];
  await using server = new Program('server', '--spawn', '1', ...flags, '-c', 'start; ping; calculate 0 hi');
  expect(await server.exitCode()).toBe(0);
  expect(server.err.filter((line) => line.includes('ENOSPC'))).toEqual([
    'the log cannot be written: ENOSPC: no space left on device, write; trying again',
  ]);
});

test('a log that cannot be opened, or an unknown level, ends the program with 2', async () => {
  const endpoint = await freeEndpoint();
  for (const flags of [
    ['--log', '/nowhere/log'],
    ['--log', '-', '--log-level', 'loud'],
  ]) {
    await using server = new Program('server', '--bind', endpoint, ...flags, '-c', 'ping');
    await using client = new Program('client', '--connect', endpoint, ...flags);
    expect([await server.exitCode(), await client.exitCode()]).toEqual([2, 2]);
  }
});

test('at a prompt, where standard error is the screen, a log on it is refused', async ({ skip }) => {
  skip(!hasTmux, 'tmux is not installed');
  await using screen = await Screen.open(['--spawn', '1', '--log', '-']);
  await screen.until(/--log - would write over the prompt; give --log a file/);
  await screen.until(/exit code 2/);
});
