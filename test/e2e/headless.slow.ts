import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { type ChildProgram, inShell, main, Program } from '../support/program.ts';

const anyPort = ['--bind', 'tcp://127.0.0.1:*'];
const patience = { timeout: 15_000 };

const parsed = (lines: readonly string[]): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));
/** The address that it listens on, from the log on its standard error. */
const endpointOf = async (server: ChildProgram) => String(JSON.parse(await server.line(/"listening"/)).endpoint);

describe('a headless server runs until SIGTERM, whatever its standard input is', () => {
  test.each([
    ['closed', 'exec "$@" <&-'],
    ['/dev/null', 'exec "$@" </dev/null'],
    ['a pipe with a script in it', 'echo "exit 7" | exec "$@"'],
    ['a folder', 'exec "$@" </tmp'],
  ])('%s', async (_, script) => {
    await using server = inShell(script, 'server', '--headless', ...anyPort);
    await server.line(/"listening"/);
    await server.quiet(100);
    process.kill(Number(parsed(server.err)[0]?.pid), 'SIGTERM');
    expect(await server.exitCode()).toBe(0);
    expect(server.out).toEqual([]);
    expect(parsed(server.err).at(-1)).toMatchObject({ msg: 'ended', exitCode: 0 });
  });

  test('and does not read its standard input', async () => {
    await using server = inShell(
      '{ "$@"; echo "left: $(cat)"; }',
      'server',
      '--headless',
      ...anyPort,
      '--timeout',
      '1s',
    );
    server.type('ping').end();
    expect(await server.line(/left/)).toBe('left: ping');
  });
});

test('SIGINT also ends it with 0, and its own clients with it', async () => {
  await using server = new Program('server', '--headless', '--spawn', '1');
  const { clientPid } = JSON.parse(await server.line(/"client joined"/));
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(0);
  expect(isRunning(clientPid)).toBe(false);
});

test('--timeout ends it with 124', async () => {
  await using server = new Program('server', '--headless', ...anyPort, '--timeout', '100ms');
  expect(await server.exitCode()).toBe(124);
});

test('with --log FILE standard error has only the address that it listens on', async () => {
  const log = join(newFolder(), 'log');
  await using server = new Program('server', '--headless', ...anyPort, '--log', log);
  const said = await server.line(/listening/);
  const [, endpoint = ''] = /^Signalbox \S+, listening on (tcp:\S+)$/.exec(said) ?? [];
  await using _ = new Program('client', '--connect', endpoint, '--name', 'w1');
  await expect.poll(() => readFileSync(log, 'utf8'), patience).toContain('client joined');
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
  expect([server.out, server.err]).toEqual([[], [said]]);
});

test('a configuration for a prompt is refused', async () => {
  const config = join(newFolder(), 'box.yaml');
  writeFileSync(config, 'server:\n  begin: use online\n');
  await using server = new Program('server', '--headless', ...anyPort, '--config', config);
  expect(await server.exitCode()).toBe(2);
  expect(server.err.join('\n')).toContain('does not accept server.begin of the configuration');
});

test('warnings at its start are in the log, not on standard error as text', async () => {
  const flags = [...anyPort.slice(0, 1), 'tcp://0.0.0.0:*', '--insecure', '--metrics', ':0'];
  await using server = new Program('server', '--headless', ...flags, '--audit', '/dev/full');
  await server.line(/"listening"/);
  await using _ = new Program('client', '--connect', (await endpointOf(server)).replace('0.0.0.0', '127.0.0.1'));
  await server.line(/"audit not written"/);
  server.child.kill('SIGTERM');
  await server.exitCode();
  const questionable = parsed(server.err).filter(({ level }) => level === 'warn' || level === 'error');
  expect(questionable).toMatchObject([
    { msg: 'warning', reason: '--insecure: anyone who can reach this endpoint can join' },
    { msg: 'audit not written', reason: expect.stringContaining('ENOSPC') },
  ]);
});

test('an address in use ends it with 8, and the log says so', async () => {
  await using first = new Program('server', '--headless', ...anyPort);
  await using second = new Program('server', '--headless', '--bind', await endpointOf(first));
  expect(await second.exitCode()).toBe(8);
  expect(parsed(second.err.filter((line) => line.startsWith('{'))).at(-1)).toMatchObject({
    msg: 'failed',
    code: 'cannot_bind',
  });
});

test('it keeps running when its log is no longer read', async () => {
  const connect = await freeEndpoint();
  await using server = inShell('exec "$@" 2>&1', 'server', '--headless', '--bind', connect);
  await server.line(/"listening"/);
  server.child.stdout?.destroy();
  for (const name of ['w1', 'w2']) {
    await using client = new Program('client', '--connect', connect, '--name', name);
    await client.line(/is connected/);
  }
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
});

test('it outlives the terminal that started it, and reopens its files at SIGHUP', async () => {
  const folder = newFolder();
  const [screen = '', audit = ''] = ['screen', 'audit'].map((name) => join(folder, name));
  const connect = await freeEndpoint();
  const line = `${process.execPath} ${main} server --headless --bind ${connect} --audit ${audit}`;
  // Of util-linux.
  const terminal = spawn('script', ['--quiet', '--flush', '--command', line, screen], { stdio: 'ignore' });
  onTestFinished(() => void terminal.kill('SIGKILL'));
  await expect.poll(() => existsSync(screen) && readFileSync(screen, 'utf8'), patience).toContain('"listening"');
  const pid = Number(/"pid":(\d+)/.exec(readFileSync(screen, 'utf8'))?.[1]);
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  // The kernel then also sends a SIGHUP.
  terminal.kill('SIGKILL');
  renameSync(audit, `${audit}.1`);
  process.kill(pid, 'SIGHUP');
  // It has records to write, and no reader.
  for (const name of ['w1', 'w2']) {
    await using client = new Program('client', '--connect', connect, '--name', name);
    await client.line(/is connected/);
  }
  await expect.poll(() => existsSync(audit) && readFileSync(audit, 'utf8'), patience).toContain('"joined"');
  process.kill(pid, 'SIGTERM');
  await expect.poll(() => isRunning(pid), patience).toBe(false);
});

test('jobs that a plug-in started keep running at their client after SIGTERM, and the next server adopts them', async () => {
  const folder = newFolder();
  const plugin = join(folder, 'begin.ts');
  writeFileSync(
    plugin,
    `import { calculate, definePlugin } from 'signalbox';
     const work = { seconds: 600, message: 'x' };
     export default definePlugin({ name: 'begin', apiVersion: 1, setup(host) {
       host.onStart((service) => void (async () => {
         for await (const event of service.watch())
           if (event.type === 'client.state' && event.state === 'ready') await service.submit(event.client, calculate, work);
       })());
     } });`,
  );
  const endpoint = await freeEndpoint();
  const flags = ['server', '--bind', endpoint, '--store', `sqlite:${join(folder, 'jobs.db')}`];
  await using server = new Program(...flags, '--headless', '--log-level', 'debug', '--plugin', plugin);
  // The plug-in submits only to clients that join while it watches.
  await server.line(/"listening"/);
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  await server.line(/"job accepted"/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(0);
  await using next = new Program(...flags, '--output', 'json', '-c', 'cancel %1; wait');
  expect(await next.exitCode()).toBe(0);
  expect(next.about('result', 'calculate')).toMatchObject([{ client: 'w1', outcome: 'cancelled' }]);
  expect(client.child.exitCode).toBeNull();
});
