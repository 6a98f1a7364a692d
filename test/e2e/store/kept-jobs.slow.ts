import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { freeEndpoint } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram, main, Program } from '../../support/program.ts';

/** A server as a user starts it, whose state is in this folder. */
const startServer = (state: string, ...args: string[]) => {
  const set = ['-u', 'SIGNALBOX_STORE', `XDG_STATE_HOME=${state}`];
  return new ChildProgram('env', [...set, process.execPath, main, 'server', ...args]);
};
const startClient = (endpoint: string) => new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');

test('a server that was killed has its jobs after a restart, without an option', async () => {
  const state = newFolder();
  const endpoint = await freeEndpoint();
  await using _client = startClient(endpoint);
  const start = () => startServer(state, '--bind', endpoint, '--output', 'json');
  {
    await using server = start();
    server.type('ping', '@w1 calculate 2 "held"', 'jobs');
    await server.line(/"type":"jobs".*"calculate"|"command":"calculate"/);
    await server.line(/"type":"result".*"ping"/);
    server.child.kill('SIGKILL');
    await server.exitCode();
  }
  const file = join(state, 'signalbox', `tcp_127.0.0.1_${endpoint.split(':').at(-1)}.db`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await using server = start();
  server.type('wait', 'jobs');
  // Without the store it would be a job of another server.
  expect(JSON.parse(await server.line(/"type":"result"/))).toMatchObject({ client: 'w1', command: 'calculate' });
  expect(server.out.join('\n')).not.toContain('adopted');
});

test('a server with only its own clients, or at any port, keeps its jobs in memory and creates no file', async () => {
  const state = newFolder();
  for (const flags of [
    ['--spawn', '1'],
    ['--bind', 'tcp://127.0.0.1:*', '--wait-clients', '0'],
  ]) {
    await using server = startServer(state, ...flags, '-c', 'clients');
    expect(await server.exitCode()).toBe(0);
    expect(server.err).toEqual([]);
  }
  expect(readdirSync(state)).toEqual([]);
});

test('a server whose default folder cannot be created says so once and continues in memory', async () => {
  await using server = startServer('/dev/null', '--bind', await freeEndpoint(), '--wait-clients', '0', '-c', 'clients');
  expect(await server.exitCode()).toBe(0);
  expect(server.err).toHaveLength(1);
  expect(server.err[0]).toMatch(
    /^warning: jobs are kept in memory only: .*\/dev\/null.*; give another place with --store$/,
  );
});

test('a named store that cannot be opened ends the server with 8 and one sentence', async () => {
  await using server = new Program(
    'server',
    '--store',
    'sqlite:/dev/null/x.db',
    '--wait-clients',
    '0',
    '-c',
    'clients',
  );
  expect(await server.exitCode()).toBe(8);
  expect(server.err).toHaveLength(1);
});

test('a second server on one store names its holder and ends with 8', async () => {
  const path = join(newFolder(), 'jobs.db');
  const open = async () =>
    new Program('server', '--bind', await freeEndpoint(), '--store', `sqlite:${path}`, '--wait-clients', '0');
  await using first = await open();
  first.type('clients');
  await first.line(/no client has connected/);
  await using second = await open();
  expect(await second.exitCode()).toBe(8);
  expect(second.err).toHaveLength(1);
  expect(second.err[0]).toContain(`process ${first.child.pid}`);
});

test('an unknown kind of store is refused, and the error says what is missing', async () => {
  await using server = new Program('server', '--store', 'other://h/d', '-c', 'clients');
  expect(await server.exitCode()).toBe(2);
  expect(server.err).toHaveLength(1);
});

test('the next server sends a command that was typed for an offline client, because it expects that client', async () => {
  const state = newFolder();
  const endpoint = await freeEndpoint();
  const start = () => startServer(state, '--bind', endpoint, '--output', 'json');
  {
    await using client = startClient(endpoint);
    await using server = start();
    server.type('ping');
    await server.line(/"type":"result".*"ping"/);
    client.child.kill('SIGKILL');
    await server.line(/"client":"w1","state":"offline"/);
    server.type('@w1 calculate 0.1 "held" --expires 10m');
    const path = join(state, 'signalbox', `tcp_127.0.0.1_${endpoint.split(':').at(-1)}.db`);
    await using store = await openSqliteStore({ path });
    const waiting = async () => (await store.list({ unsettled: true }, 1)).jobs.map(({ bootId }) => bootId);
    await expect.poll(waiting, { timeout: 50_000 }).toEqual([undefined]);
    server.child.kill('SIGKILL');
    await server.exitCode();
  }
  await using server = startServer(state, '--bind', endpoint, '--output', 'json', '--wait-clients', '0');
  server.type('clients');
  const known = JSON.parse(await server.line(/"type":"client".*"expected"/));
  expect(known).toMatchObject({ client: 'w1', state: 'offline', expected: true, silentMs: expect.any(Number) });
  await using _client = startClient(endpoint);
  const result = JSON.parse(await server.line(/"type":"result"/));
  expect(result).toMatchObject({ client: 'w1', command: 'calculate', outcome: 'completed' });
});
