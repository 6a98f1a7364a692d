import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fetchOnlineUsers } from '../../plugins/presence/grpc-user.ts';
import { newFolder } from '../../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { Program } from '../../support/program.ts';
import { PresenceProgram } from './presence-programs.ts';

const patience = { timeout: 15_000 };

let cluster: PostgresCluster;
beforeAll(async () => {
  // A name that other tests do not use.
  vi.stubEnv('SIGNALBOX_STORE', undefined);
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

function secretFile(): string {
  const path = join(newFolder(), 'secret');
  writeFileSync(path, 'a secret of these tests\n', { mode: 0o600 });
  return path;
}

describe.skipIf(noPostgres !== undefined)('over one database', () => {
  test('any number of gateways and status services count the same users, and all end in order', async () => {
    const store = ['--store', cluster.place()];
    await using one = await PresenceProgram.start('gateway', ...store);
    await using other = await PresenceProgram.start('gateway', ...store);
    await using status = await PresenceProgram.start('status', ...store);
    await using second = await PresenceProgram.start('status', ...store);
    await using users = new Program('presence', 'user', '--connect', one.address, '--id', 'u', '--count', '3');
    await using same = new Program('presence', 'user', '--connect', other.address, '--id', 'u-3');
    await users.line(/^3 of 3 users are connected to /);
    expect(await same.line(/connected/)).toBe(`u-3 is connected to ${other.address}`);
    for (const { address } of [status, second]) await expect.poll(() => fetchOnlineUsers(address), patience).toBe(3);
    for (const program of [users, same]) {
      program.child.kill('SIGTERM');
      expect(await program.exitCode()).toBe(0);
      expect(program.err).toEqual([]);
    }
    for (const program of [one, other, status, second]) {
      await program.terminate();
      expect(program.logged('ended')).toMatchObject([{ exitCode: 0 }]);
    }
  });

  test('the count outlives every process', async () => {
    const store = ['--store', cluster.place()];
    {
      await using gateway = await PresenceProgram.start('gateway', ...store);
      await using status = await PresenceProgram.start('status', ...store);
      await using user = new Program('presence', 'user', '--connect', gateway.address, '--id', 'u', '--count', '2');
      await user.line(/2 of 2/);
      await expect.poll(() => fetchOnlineUsers(status.address), patience).toBe(2);
    }
    await cluster.down('SIGKILL');
    await cluster.up();
    await using status = await PresenceProgram.start('status', ...store);
    expect(await fetchOnlineUsers(status.address)).toBe(2);
  });

  test('users reconnect to a gateway that was killed', async () => {
    const store = ['--store', cluster.place()];
    const first = await PresenceProgram.start('gateway', ...store);
    await using user = new Program('presence', 'user', '--connect', first.address, '--id', 'ann');
    await user.line(/^ann is connected/);
    await first[Symbol.asyncDispose]();
    expect(await user.line(/^ann is not connected/)).toMatch(/trying again$/);
    await using second = await PresenceProgram.listening(...['presence', 'gateway', '--bind', first.address], ...store);
    await user.more(user.out.length, /^ann is connected/);
    expect(second.logged('failed')).toEqual([]);
  });

  test('a gateway serves while the database is down, and stores its users when the database is back', async () => {
    const store = cluster.place();
    await using status = await PresenceProgram.start('status', '--store', store);
    await cluster.down('SIGKILL');
    await using gateway = await PresenceProgram.start('gateway', '--store', store);
    expect(gateway.logged('warning')).toMatchObject([
      { reason: expect.stringMatching(/cannot be reached.*trying again/) },
    ]);
    await using user = new Program('presence', 'user', '--connect', gateway.address, '--id', 'ann');
    await user.line(/^ann is connected/);
    await gateway.line(/"store failing"/);
    await expect(fetchOnlineUsers(status.address)).rejects.toMatchObject({
      code: 14,
      details: 'the store of this service does not answer; try again',
    });
    await cluster.up();
    await gateway.line(/"store works again"/);
    await expect.poll(() => fetchOnlineUsers(status.address), patience).toBe(1);
    await status.line(/"store works again"/);
  });

  test('health and metrics report the state of each process', async () => {
    const folder = newFolder();
    const store = ['--store', cluster.place()];
    const at = (name: string) => ['--health', join(folder, name), '--metrics', ':0'];
    await using gateway = await PresenceProgram.start('gateway', ...store, ...at('gateway'));
    await using status = await PresenceProgram.start('status', ...store, ...at('status'));
    await using user = new Program(
      ...['presence', 'user', '--connect', gateway.address, '--id', 'u', '--count', '2'],
      ...at('user'),
    );
    await user.line(/2 of 2/);
    const metrics = async (url: unknown) => await (await fetch(String(url))).text();
    // Only the scrape asks.
    await expect
      .poll(() => metrics(status.logged('serving metrics')[0]?.url), patience)
      .toMatch(/^signalbox_presence_online_users 2$/m);
    const health = async (name: string) => {
      await using asked = new Program('health', '--at', join(folder, name));
      expect(await asked.exitCode()).toBe(0);
      return asked.out[0];
    };
    expect(await health('gateway')).toMatch(
      new RegExp(`^gateway at ${gateway.address}, users: 2, connections: 2, waiting rows: [0-2]$`),
    );
    expect(await health('status')).toBe(`status service at ${status.address}, users counted last: 2`);
    expect(await health('user')).toBe(`2 of 2 users are connected to ${gateway.address}`);

    const ofGateway = await metrics(gateway.logged('serving metrics')[0]?.url);
    expect(ofGateway).toMatch(/^signalbox_presence_users 2$/m);
    expect(ofGateway).toMatch(/^signalbox_presence_connections 2$/m);
    expect(ofGateway).toMatch(/^signalbox_presence_ping_lateness_seconds_count [1-9]/m);
    expect(ofGateway).toMatch(/^signalbox_presence_batch_seconds_count [1-9]/m);
    expect(ofGateway).toMatch(/^process_cpu_seconds_total /m);
    expect(await metrics(status.logged('serving metrics')[0]?.url)).toMatch(/^signalbox_presence_requests_total 0$/m);
    expect(await fetchOnlineUsers(status.address)).toBe(2);
    expect(await metrics(status.logged('serving metrics')[0]?.url)).toMatch(/^signalbox_presence_requests_total 1$/m);
    const ofUser = await metrics((await user.line(/^metrics: /)).slice(9));
    expect(ofUser).toMatch(/^signalbox_presence_swarm_users 2$/m);
    for (const program of [gateway, status]) await program.terminate();
  });

  test('with a secret, only users who know it get in', async () => {
    const secret = secretFile();
    await using gateway = await PresenceProgram.start(
      ...(['gateway', '--store', cluster.place(), '--user-secret-file', secret] as const),
    );
    const user = ['presence', 'user', '--connect', gateway.address, '--id', 'ann'];
    await using knows = new Program(...user, '--user-secret-file', secret);
    await knows.line(/^ann is connected/);
    await using stranger = new Program(...user);
    expect(await stranger.exitCode()).toBe(7);
    expect(stranger.err.join()).toMatch(
      /the gateway at \S+ refuses: the metadata user-token is not valid for this user/,
    );
  });

  test('options can be in the configuration, where paths are relative to it', async () => {
    const secret = secretFile();
    const config = join(secret, '..', 'box.yaml');
    const options = `bind: 127.0.0.1:0, store: '${cluster.place()}', userSecretFile: secret`;
    writeFileSync(config, `presence:\n  gateway: { ${options} }\nplugins: { ./none.ts: {} }\n`);
    await using gateway = await PresenceProgram.listening('presence', 'gateway', '--config', config);
    await gateway.terminate();
    writeFileSync(config, 'presence:\n  gateway: { bind: here, stor: x }\n  gate: {}\n');
    await using wrong = new Program('presence', 'gateway', '--config', config);
    expect(await wrong.exitCode()).toBe(2);
    expect(wrong.err.join('\n')).toMatch(/presence\.gateway has no option stor; did you mean store\?/);
    expect(wrong.err.join('\n')).toMatch(/presence has no section gate; did you mean gateway\?/);
  });
});

test.each([
  ['no store', 2, /--store is missing/, ['gateway']],
  [
    'a store that is not shared',
    2,
    /--store must be postgres:\/\/HOST\/DATABASE: processes can share no other store/,
    ['status', '--store', 'memory'],
  ],
  ['an address that is none', 2, /it is HOST:PORT/, ['gateway', '--bind', 'here', '--store', 'postgres://h/d']],
  [
    'an address that others reach',
    7,
    /can be reached from other machines/,
    ['status', '--bind', '0.0.0.0:0', '--store', 'postgres://h/d'],
  ],
  ['a password that others can read', 2, /--store has a password/, ['gateway', '--store', 'postgres://u:p@h/d']],
  ['no users', 2, /it is a whole number from 1 to/, ['user', '--count', '0']],
  ['no secret where it should be', 7, /cannot be read: ENOENT/, ['user', '--user-secret-file', '/nowhere']],
])('%s: exit code %i', async (_, code, why, args) => {
  await using program = new Program('presence', ...args);
  expect(await program.exitCode()).toBe(code);
  expect(program.err.join('\n')).toMatch(why);
});

test('users that wait for a silent gateway end at once when they are stopped', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await using users = new Program('presence', 'user', '--connect', `127.0.0.1:${port}`, '--count', '300');
  await once(server, 'connection');
  users.child.kill('SIGTERM');
  expect(await users.exitCode()).toBe(0);
  expect(users.err).toEqual([]);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('a secret that others can read, or that is too short, is refused', async () => {
  const path = secretFile();
  const refused = async () => {
    await using program = new Program('presence', 'user', '--user-secret-file', path);
    expect(await program.exitCode()).toBe(7);
    return program.err.join('\n');
  };
  chmodSync(path, 0o644);
  expect(await refused()).toMatch(/can be read by others: chmod 640/);
  chmodSync(path, 0o600);
  writeFileSync(path, 'short\n');
  expect(await refused()).toMatch(/has fewer than 16 bytes/);
});
