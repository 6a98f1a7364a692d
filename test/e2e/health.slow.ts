import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

/** A path for a health socket, in a folder that only this user can enter. */
function healthPath(): string {
  const folder = newFolder();
  return join(folder, 'health.sock');
}

/** Runs `signalbox health`. */
async function health(path: string) {
  await using program = new Program('health', '--at', path);
  return { exitCode: await program.exitCode(), out: program.out, err: program.err };
}

test('a running server and a running client report their health: 0', async () => {
  const endpoint = await freeEndpoint();
  const [serverAt, clientAt] = [healthPath(), healthPath()];
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--health', clientAt);
  await client.line(/trying again/);
  expect(await health(clientAt)).toMatchObject({
    exitCode: 0,
    out: [`w1 is unready, not connected to ${endpoint}`],
  });
  await using server = new Program('server', '--bind', endpoint, '--health', serverAt);
  server.type('start');
  await client.line(/w1 is ready/);
  expect(await health(clientAt)).toMatchObject({ exitCode: 0, out: [`w1 is ready, connected to ${endpoint}`] });
  expect(await health(serverAt)).toMatchObject({
    exitCode: 0,
    out: [`listening on ${endpoint}, clients connected: 1`],
  });
});

test.each(['server', 'client'])('a %s that is stopped does not answer: 1, until it goes on', async (what) => {
  const at = healthPath();
  const where = what === 'server' ? '--bind' : '--connect';
  await using program = new Program(what, where, await freeEndpoint(), '--health', at);
  await expect.poll(async () => (await health(at)).exitCode, { timeout: 15_000 }).toBe(0);
  program.child.kill('SIGSTOP');
  expect(await health(at)).toEqual({
    exitCode: 1,
    out: [],
    err: [`signalbox: no answer from ${at} in 1.5 s: its program is stopped or blocked`],
  });
  program.child.kill('SIGCONT');
  expect((await health(at)).exitCode).toBe(0);
});

test('if nothing runs: 1; a killed process leaves its path to the next', async () => {
  const at = healthPath();
  expect(await health(at)).toMatchObject({ exitCode: 1, err: [`signalbox: no program answers at ${at}`] });
  const args = ['client', '--connect', await freeEndpoint(), '--health', at];
  await using killed = new Program(...args);
  await expect.poll(async () => (await health(at)).exitCode, { timeout: 15_000 }).toBe(0);
  killed.child.kill('SIGKILL');
  await killed.exitCode();
  expect((await health(at)).exitCode).toBe(1);
  await using next = new Program(...args);
  await expect.poll(async () => (await health(at)).exitCode, { timeout: 15_000 }).toBe(0);
  next.child.kill('SIGTERM');
  expect(await next.exitCode()).toBe(0);
  expect((await health(at)).exitCode).toBe(1);
});

test('a path in use: 8; a path that is a file: 8, and the file stays; a folder that others can enter: 7', async () => {
  const at = healthPath();
  const endpoint = await freeEndpoint();
  const client = async (path: string) => {
    await using program = new Program('client', '--connect', endpoint, '--health', path);
    return { exitCode: await program.exitCode(), err: program.err.join('\n') };
  };
  await using first = new Program('client', '--connect', endpoint, '--health', at);
  await expect.poll(async () => (await health(at)).exitCode, { timeout: 15_000 }).toBe(0);
  expect(await client(at)).toMatchObject({ exitCode: 8, err: expect.stringContaining('another program answers') });
  expect((await health(at)).exitCode).toBe(0);
  const file = join(at, '..', 'file');
  writeFileSync(file, 'precious');
  expect(await client(file)).toMatchObject({ exitCode: 8, err: expect.stringContaining('EADDRINUSE') });
  chmodSync(join(at, '..'), 0o755);
  expect(await client(join(at, '..', 'other.sock'))).toMatchObject({ exitCode: 7 });
  first.child.kill('SIGTERM');
  expect(await first.exitCode()).toBe(0);
});

test('clients that a server spawns leave the health socket to the server', async () => {
  const at = healthPath();
  const script = 'clients; sleep 1h';
  await using server = new Program('server', '--spawn', '2', '--health', at, '-c', script);
  await server.line(/^w2 /);
  expect((await health(at)).out).toEqual([expect.stringMatching(/clients connected: 2$/)]);
});
