import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main, Program } from '../support/program.ts';

const patience = { timeout: 15_000 };

const records = (path: string): Record<string, unknown>[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];

test('without a terminal SIGHUP reopens the log and the audit file at server and client, and ends nothing', async () => {
  const folder = newFolder();
  const endpoint = await freeEndpoint();
  const [log, audit, ofClient] = ['server.log', 'audit', 'client.log'].map((name) => join(folder, name));
  if (!log || !audit || !ofClient) throw new Error('no paths');
  await using server = new Program('server', '--bind', endpoint, '--log', log, '--audit', audit, '--output', 'json');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--log', ofClient);
  server.type('start');
  await server.line(/"result"/);
  const isReady = expect.objectContaining({ msg: 'state', state: 'ready' });
  await expect.poll(() => records(ofClient), patience).toContainEqual(isReady);
  for (const path of [log, audit, ofClient]) renameSync(path, `${path}.1`);
  for (const { child } of [server, client]) child.kill('SIGHUP');
  await expect.poll(() => [log, audit, ofClient].filter((path) => !existsSync(path)), patience).toEqual([]);
  server.type('@w1 stop', 'wait', 'terminate').end();
  expect([await server.exitCode(), await client.exitCode()]).toEqual([0, 0]);
  expect(records(`${log}.1`).map(({ msg }) => msg)).toContain('client joined');
  expect(records(log).map(({ msg }) => msg)).not.toContain('started');
  expect(records(log).at(-1)).toMatchObject({ msg: 'ended', exitCode: 0 });
  expect(records(`${audit}.1`)).toContainEqual(expect.objectContaining({ event: 'sent', command: 'start' }));
  expect(records(audit)).toContainEqual(expect.objectContaining({ event: 'sent', command: 'stop' }));
  expect(records(`${ofClient}.1`)).toContainEqual(isReady);
  expect(records(ofClient).at(-1)).toMatchObject({ msg: 'ended', exitCode: 0 });
});

test('without a terminal SIGHUP ends nothing while the program is still loading', async () => {
  const hangUp = `import { registerHooks } from 'node:module';
    const load = (url, context, next) => {
      if (url.endsWith('/src/main.ts')) process.kill(process.pid, 'SIGHUP');
      return next(url, context);
    };
    registerHooks({ load });`;
  const bin = fileURLToPath(new URL('../../src/bin.ts', import.meta.url));
  const first = `data:text/javascript,${encodeURIComponent(hangUp)}`;
  await using program = new ChildProgram(process.execPath, ['--import', first, bin, '--version']);
  expect(await program.exitCode()).toBe(0);
});

/** A client with these redirections; without them, on a terminal. */
async function startOnTerminal(before: string, redirections: string) {
  const folder = newFolder();
  const log = join(folder, 'log');
  const endpoint = await freeEndpoint();
  const line = `${before} ${process.execPath} ${main} client --connect ${endpoint} --log ${log} ${redirections}`;
  // Of util-linux. The shell stays: the terminal closes when `script` is killed.
  const terminal = spawn('script', ['--quiet', '--command', `${line} & sleep 1000`, '/dev/null'], { stdio: 'ignore' });
  onTestFinished(() => void terminal.kill('SIGKILL'));
  await expect.poll(() => records(log).map(({ msg }) => msg), patience).toContain('started');
  const pid = Number(records(log)[0]?.pid);
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  return { terminal, log, pid };
}

test.each(['</dev/tty >/dev/null 2>&1', '</dev/null 2>/dev/null', '</dev/null >/dev/null'])(
  'with a terminal on one of its three streams (%s) SIGHUP is the orderly end',
  async (redirections) => {
    const { log, pid } = await startOnTerminal('', redirections);
    process.kill(pid, 'SIGHUP');
    await expect.poll(() => isRunning(pid), patience).toBe(false);
    expect(records(log).at(-1)).toMatchObject({ msg: 'ended' });
  },
);

test('under nohup a client outlives its terminal', async () => {
  const { terminal, log, pid } = await startOnTerminal('nohup', '>/dev/null 2>&1 </dev/null');
  terminal.kill('SIGKILL');
  process.kill(pid, 'SIGHUP');
  renameSync(log, `${log}.1`);
  process.kill(pid, 'SIGHUP');
  await expect.poll(() => existsSync(log), patience).toBe(true);
  expect(isRunning(pid)).toBe(true);
});
