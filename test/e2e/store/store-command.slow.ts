import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freeEndpoint } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { inShell, Program } from '../../support/program.ts';

/** With a store that a server has left. */
const original = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
afterAll(() => rmSync(original, { recursive: true }));
beforeAll(async () => {
  const store = `sqlite:${join(original, 'a.db')}`;
  const { exitCode } = await run('server', '--spawn', '1', '--store', store, '-c', 'start; ping; run echo hello');
  expect(exitCode).toBe(0);
});

let from: string;
let to: string;
beforeEach(() => {
  const folder = newFolder();
  cpSync(original, folder, { recursive: true });
  [from, to] = [`sqlite:${join(folder, 'a.db')}`, `sqlite:${join(folder, 'b.db')}`];
});

/** Runs a program to its end. */
async function run(...args: string[]) {
  await using program = new Program(...args);
  program.end();
  const exitCode = await program.exitCode();
  const { out, err } = program;
  return { exitCode, out, err };
}

const exported = async (store: string) => (await run('store', 'export', '--store', store)).out;

test('info describes a store, also while a server holds it', async () => {
  await using server = new Program('server', '--bind', await freeEndpoint(), '--store', from, '--wait-clients', '0');
  server.type('clients');
  await server.line(/no client/);
  const { exitCode, out } = await run('store', 'info', '--json', '--store', from);
  expect(exitCode).toBe(0);
  expect(JSON.parse(out[0] ?? '')).toMatchObject({
    jobs: 3,
    unsettled: 0,
    epochs: 2,
    holder: { pid: server.child.pid },
  });
});

test('copy moves everything; a server and another copy then refuse the source with an explanation', async () => {
  const before = await exported(from);
  expect(before.map((line) => JSON.parse(line).type)).toContain('job');
  expect((await run('store', 'copy', from, to)).exitCode).toBe(0);
  expect(await exported(to)).toEqual(before);
  const server = await run('server', '--spawn', '1', '--store', from, '-c', 'clients');
  expect(server.exitCode).toBe(8);
  expect(server.err.join()).toContain(`it was copied to ${to}`);
  expect((await run('store', 'copy', from, `${to}2`)).exitCode).toBe(8);
  // A copy whose end was not seen is repeated.
  expect((await run('store', 'copy', from, to)).exitCode).toBe(0);
  expect((await run('server', '--spawn', '1', '--store', to, '-c', 'clients')).exitCode).toBe(0);
});

test('a copy that is refused leaves the source unchanged', async () => {
  expect((await run('server', '--spawn', '1', '--store', to, '-c', 'start')).exitCode).toBe(0);
  expect((await run('store', 'copy', from, to)).exitCode).toBe(8);
  expect((await run('server', '--spawn', '1', '--store', from, '-c', 'clients')).exitCode).toBe(0);
});

test('a missing store is not created by info, copy or vacuum', async () => {
  for (const args of [
    ['info', '--store', to],
    ['export', '--store', to],
    ['vacuum', '--store', to],
    ['copy', to, from],
  ]) {
    expect((await run('store', ...args)).exitCode).toBe(8);
  }
  expect(statSync(to.slice('sqlite:'.length), { throwIfNoEntry: false })).toBeUndefined();
});

test('vacuum succeeds while nothing holds the store, and is refused while a server does', async () => {
  expect(await run('store', 'vacuum', '--store', from)).toMatchObject({ exitCode: 0, err: [] });
  await using server = new Program('server', '--bind', await freeEndpoint(), '--store', from, '--wait-clients', '0');
  server.type('clients');
  await server.line(/no client/);
  expect((await run('store', 'vacuum', '--store', from)).exitCode).toBe(8);
});

test('a store of a plug-in is available with --plugin, and with the configuration of its server', async () => {
  const plugin = fileURLToPath(new URL('silent-store.ts', import.meta.url));
  const address = from.replace('sqlite:', 'silent://');
  const byPlugin = await run('store', 'export', '--store', address, '--plugin', plugin);
  expect(byPlugin).toMatchObject({ exitCode: 0, err: [] });
  expect(byPlugin.out.map((line) => JSON.parse(line).type)).toContain('job');
  const path = join(newFolder(), 'config.yaml');
  writeFileSync(path, JSON.stringify({ server: { store: address }, plugins: { [plugin]: {} } }));
  await using byConfig = inShell('unset SIGNALBOX_STORE; exec "$@"', 'store', 'export', '--config', path);
  expect(await byConfig.exitCode()).toBe(0);
  expect(byConfig.out).toEqual(byPlugin.out);
  expect((await run('store', 'copy', address, to, '--plugin', plugin)).exitCode).toBe(0);
  expect(await run('store', 'info', '--store', address)).toMatchObject({
    exitCode: 2,
    err: [expect.stringContaining('no plug-in opens a store of silent://')],
  });
});

test('sqlite without a path is the default store of a server, for copy too', async () => {
  const state = newFolder();
  const set = `unset SIGNALBOX_STORE; export XDG_STATE_HOME=${state}; exec "$@"`;
  const inState = async (...args: string[]) => {
    await using program = inShell(set, 'store', ...args);
    return { exitCode: await program.exitCode(), out: program.out, err: program.err };
  };
  const there = ['--bind', 'tcp://127.0.0.1:7001'];
  const copied = await inState('copy', from, 'sqlite', ...there);
  expect(copied.out[0]).toMatch(/^3 jobs are in sqlite:.*tcp_127\.0\.0\.1_7001\.db; .* is closed$/);
  expect((await inState('info', '--json', ...there)).out[0]).toContain('"jobs":3');
});
