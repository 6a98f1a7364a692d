import { expect, test } from 'vitest';
import { GrpcUser } from '../../plugins/presence/grpc-user.ts';
import { Program } from '../../support/program.ts';
import { PresenceProgram } from './presence-programs.ts';

const anywhere = ['server', '--headless', '--bind', 'tcp://127.0.0.1:*', '--presence'];

test('presence count prints only the number', async () => {
  await using server = await PresenceProgram.listening(...anywhere, '127.0.0.1:0');
  await using count = new Program('presence', 'count', '--connect', server.address);
  expect(await count.exitCode()).toBe(0);
  expect(count.out).toEqual(['0']);
  expect(count.err).toEqual([]);
});

test('presence count --follow prints each change, why there is no count, and the count again, until it is ended', async () => {
  const first = await PresenceProgram.listening(...anywhere, '127.0.0.1:0');
  await using count = new Program('presence', 'count', '--connect', first.address, '--follow');
  await count.line(/^0$/);
  {
    await using _ann = new GrpcUser(first.address, { 'user-id': 'ann' });
    await count.line(/^1$/);
  }
  await first.terminate();
  const why = new RegExp(`^warning: the status service at ${first.address} returns no count: .*; trying again$`);
  await expect.poll(() => count.err.join('\n'), { timeout: 10_000 }).toMatch(why);
  await using second = await PresenceProgram.listening(...anywhere, first.address);
  await count.more(count.out.length, /^0$/);
  expect(count.out).toEqual(['0', '1', '0']);
  count.child.kill('SIGTERM');
  expect(await count.exitCode()).toBe(0);
  await second.terminate();
});

test('without a status service, presence count says so and exits with 8', async () => {
  await using count = new Program('presence', 'count', '--connect', '127.0.0.1:1');
  expect(await count.exitCode()).toBe(8);
  expect(count.out).toEqual([]);
  expect(count.err.join('\n')).toMatch(/the status service at 127\.0\.0\.1:1 returns no count: connect ECONNREFUSED/);
});
