import { expect, test } from 'vitest';
import { calculate, createClient, implement } from '../../src/index.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { Program, runScript } from '../support/program.ts';

const json = ['--output', 'json'];

test('a job that fails: 4, and its message is shown', async () => {
  const endpoint = await freeEndpoint();
  const broken = implement(calculate, () => Promise.reject(new Error('out of paper')));
  await using _ = await createClient({ connect: endpoint, name: 'w1', commands: [broken], ready: true });
  await using server = new Program('server', '--bind', endpoint, ...json, '-c', 'calculate 1 x');
  expect(await server.exitCode()).toBe(4);
  expect(server.about('result', 'calculate')).toMatchObject([
    { outcome: 'failed', error: { code: 'command_failed', message: 'out of paper' } },
  ]);
});

test('a job that another operator ended: 4', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, ...json, '-c', 'calculate 600 x; wait');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  await server.line(/"accepted"/);
  client.child.kill('SIGTERM');
  expect([await client.exitCode(), await server.exitCode()]).toEqual([0, 4]);
  expect(server.about('result', 'calculate')).toMatchObject([{ outcome: 'cancelled' }]);
});

test('a command that expired before it was sent: 5', async () => {
  const { exitCode, program } = await runScript(['start', 'ping --expires 0ms'], ...json);
  expect(exitCode).toBe(5);
  expect(program.about('result', 'ping')).toMatchObject([{ outcome: 'expired', error: { code: 'expired' } }]);
  expect(program.about('accepted', 'ping')).toEqual([]);
});

test('a known client that is offline: 4, at once', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, ...json, '--keep-going');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  server.type('ping');
  await server.line(/"result".*ping/);
  client.child.kill('SIGTERM');
  await server.line(/"offline"/);
  server.end('@w1 ping\n');
  expect(await server.exitCode()).toBe(4);
  expect(server.about('rejected', 'ping')).toMatchObject([{ error: { code: 'offline' } }]);
});

test.each([
  ['a missing target is worse than bad usage', ['@nobody ping', 'frobnicate'], 3],
  ['a deadline is worse than a missing target', ['wait 2 --timeout 1ms', '@nobody ping'], 5],
  ['a rejection is worse than a deadline', ['ping', 'wait 2 --timeout 1ms', 'frobnicate'], 4],
])('of several failures the worst counts: %s', async (_, lines, code) => {
  const script = ['start', 'calculate 600 x', 'stop', ...lines, 'cancel 2'];
  const { exitCode, program } = await runScript(script, ...json, '--keep-going');
  expect(exitCode).toBe(code);
  expect(program.json.at(-1)).toMatchObject({ type: 'summary', cancelled: 1, exitCode: code });
});

test('an empty script needs no client: 0', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, ...json);
  server.end('# only a comment\n');
  expect(await server.exitCode()).toBe(0);
  expect(server.json).toMatchObject([{ type: 'summary', exitCode: 0 }]);
});
