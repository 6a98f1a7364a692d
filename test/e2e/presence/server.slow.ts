import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchOnlineUsers, GrpcUser } from '../../plugins/presence/grpc-user.ts';
import { newFolder } from '../../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { Program } from '../../support/program.ts';
import { PresenceProgram } from './presence-programs.ts';

const patience = { timeout: 15_000 };
const anywhere = ['server', '--headless', '--bind', 'tcp://127.0.0.1:*', '--presence', '127.0.0.1:0'];

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

test('server --presence is a gateway and a status service at one port, and its metrics include theirs', async () => {
  await using server = await PresenceProgram.listening(...anywhere, '--metrics', ':0');
  expect(await fetchOnlineUsers(server.address)).toBe(0);
  await using _ann = new GrpcUser(server.address, { 'user-id': 'ann' });
  await expect.poll(() => fetchOnlineUsers(server.address), patience).toBe(1);
  const text = await (await fetch(String(server.logged('serving metrics')[0]?.url))).text();
  expect(text).toMatch(/^signalbox_presence_users 1$/m);
  expect(text).toMatch(/^signalbox_presence_online_users 1$/m);
  expect(text).toMatch(/^signalbox_clients\{state="ready"\} 0$/m);
  expect(text.match(/^process_cpu_seconds_total /gm)).toHaveLength(1);
  await server.terminate();
});

describe.each(['sqlite', 'postgres'])('with a store in %s', (kind) => {
  test.skipIf(kind === 'postgres' && noPostgres !== undefined)('the next server still knows its users', async () => {
    const store = kind === 'sqlite' ? `sqlite:${join(newFolder(), 'jobs.db')}` : cluster.place();
    {
      await using server = await PresenceProgram.listening(...anywhere, '--store', store);
      await using _ann = new GrpcUser(server.address, { 'user-id': 'ann' });
      await expect.poll(() => fetchOnlineUsers(server.address), patience).toBe(1);
      await server.terminate();
    }
    await using next = await PresenceProgram.listening(...anywhere, '--store', store);
    expect(await fetchOnlineUsers(next.address)).toBe(1);
    await next.terminate();
  });
});

test.skipIf(noPostgres !== undefined)('with PostgreSQL it also counts the users of other gateways', async () => {
  const store = ['--store', cluster.place()];
  await using server = await PresenceProgram.listening(...anywhere, ...store);
  await using gateway = await PresenceProgram.start('gateway', ...store);
  await using _ann = new GrpcUser(server.address, { 'user-id': 'ann' });
  await using _bob = new GrpcUser(gateway.address, { 'user-id': 'bob' });
  await expect.poll(() => fetchOnlineUsers(server.address), patience).toBe(2);
});

test('users leave a frozen gateway and return when it continues', async () => {
  await using server = await PresenceProgram.listening(...anywhere);
  await using users = new Program('presence', 'user', '--connect', server.address, '--id', 'u', '--count', '2');
  await users.line(/^2 of 2 /);
  server.child.kill('SIGSTOP');
  expect(await users.line(/trying again$/)).toMatch(/^[01] of 2 users are connected to \S+: no (ping|answer) for 5 s/);
  server.child.kill('SIGCONT');
  await users.more(users.out.length, /^2 of 2 /);
  await expect.poll(() => fetchOnlineUsers(server.address), patience).toBe(2);
});

test.each([
  ['an address that others reach', ['--presence', '0.0.0.0:0'], 7, /can be reached from other machines/],
  ['a port that is taken', ['--presence', '127.0.0.1:1'], 8, /cannot listen on 127.0.0.1:1/],
  ['an address that is none', ['--presence', '5560'], 2, /it is HOST:PORT/],
])('%s ends its start: %s', async (_, args, code, why) => {
  // Root may have port 1.
  if (code === 8 && process.getuid?.() === 0) return;
  await using server = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--headless', ...args);
  expect(await server.exitCode()).toBe(code);
  expect(server.err.join('\n')).toMatch(why);
});
