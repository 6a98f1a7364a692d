import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { main, Program } from '../support/program.ts';

async function openSite() {
  const server = createServer((_, response) => void response.end('Example\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function run(...args: string[]) {
  await using program = new Program('server', '--spawn', '1', '--plugin', 'signalbox/check', ...args);
  return { exitCode: await program.exitCode(), out: program.out, err: program.err };
}

test('clients of --spawn check this machine: ok exits with 0, anything else with 4', async () => {
  await using site = await openSite();
  const good = await run('-c', `start; check --match Example ${site.url}`);
  expect(good.out[1]).toMatch(/^w1: 2 check completed in [\d.]+ m?s: 200 in \d+ ms$/);
  expect(good.exitCode).toBe(0);
  const bad = await run('-c', `start; check --match Other ${site.url}`);
  expect(bad.out[1]).toMatch(/^w1: 2 check failed in [\d.]+ m?s: command_failed: the body does not match --match$/);
  expect(bad.exitCode).toBe(4);
});

test('--check-private=no of a server stops the clients that it starts from checking this machine', async () => {
  await using site = await openSite();
  const { out, exitCode } = await run('--check-private=no', '-c', `start; check ${site.url}`);
  expect(out[1]).toContain('127.0.0.1 is the client itself, and it runs without --check-private');
  expect(exitCode).toBe(4);
});

test('checks shows repeated checks, and a script hears what is down', async () => {
  const url = 'http://127.0.0.1:1/';
  await using program = new Program('server', '--spawn', '1', '--plugin', 'signalbox/check', '--output', 'json');
  program.type('start', `check --every 1s --name shop ${url}`);
  const line = async (type: string) => JSON.parse(await program.more(0, new RegExp(`^{"type":"${type}"`)));
  const down = await line('check.down');
  expect(down).toMatchObject({ check: 'shop', client: 'w1', errorKind: 'connection_refused' });
  program.type('checks', 'checks other', 'exit');
  const row = await line('check');
  expect(row).toMatchObject({ check: 'shop', state: 'down', silent: null, error: 'the connection was refused' });
  expect(row).toMatchObject({ windows: { '1h': { uptime: 0 }, '30d': { uptime: 0, p50Ms: null } } });
});

test('checks --forget removes a check that has ended; a running one is removed only with its job', async () => {
  await using program = new Program('server', '--spawn', '1', '--plugin', 'signalbox/check');
  program.type('start', 'check --every 1s --name shop http://127.0.0.1:1/');
  await program.more(0, /shop is down on w1/);
  program.type('cancel %2');
  await program.more(0, /2 check cancelled/);
  program.type('checks --forget shop', 'checks', 'checks --forget shop');
  expect(await program.exitCode()).toBe(2);
  expect(program.out.at(-1)).toBe('there are no checks');
  expect(program.err).toContain("standard input, line 6: there is no check 'shop'");
});

test.for([
  ['checks --forget', '--forget needs a value'],
  ['checks --forget shop other', '--forget takes one name and no other arguments'],
  ['checks --remove shop', 'checks has no option --remove'],
])('%s is refused with its usage', async ([line, message]) => {
  const { err, exitCode } = await run('-c', line ?? '');
  expect(err[0]).toContain(`${message}: checks [NAME…] [--forget NAME]`);
  expect(exitCode).toBe(2);
});

test('a possible password in a wrong line is not repeated', async () => {
  const lines = ["check --header 'geheim' http://x/", 'check ftp://nina:geheim@x/'];
  for (const line of lines) {
    const { err, out, exitCode } = await run('-c', `start; ${line}`);
    expect([...err, ...out].join('\n')).not.toContain('geheim');
    expect(exitCode).toBe(2);
  }
});

test('a client does not start if its folder of files is missing', () => {
  const folder = join(newFolder(), 'nowhere');
  const args = ['client', '--connect', 'tcp://127.0.0.1:1', '--plugin', 'signalbox/check', '--check-files', folder];
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect(stderr).toContain(`--check-files ${folder}: there is no such folder`);
  expect(status).toBe(2);
});
