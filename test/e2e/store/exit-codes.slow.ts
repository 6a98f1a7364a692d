import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';

/**
 * A server with a store, whose script is typed; a client; and a command about which the server has reported `until`.
 */
async function openScene(address: (path: string) => string, until: RegExp, ...flags: string[]) {
  await using opened = new AsyncDisposableStack();
  const endpoint = await freeEndpoint();
  const path = join(newFolder(), 'jobs.db');
  const args = ['--bind', endpoint, '--store', address(path), '--output', 'json', ...flags];
  const server = opened.use(new Program('server', ...args));
  opened.use(new Program('client', '--connect', endpoint, '--name', 'w1', '--ready'));
  server.type('ping');
  await server.line(until);
  const types = (...some: string[]) => server.json.map(({ type }) => type).filter((type) => some.includes(type));
  const end = opened.move();
  return { server, path, types, [Symbol.asyncDispose]: () => end.disposeAsync() };
}

const inFile = (path: string) => `sqlite:${path}`;
const done = /"type":"result"/;

test('a server whose store is taken over ends with 8, names the new owner, and carries out no further line', async () => {
  await using scene = await openScene(inFile, done, '--keep-going');
  const { server, path, types } = scene;
  rmSync(`${path}-lock`);
  const flags = ['--bind', await freeEndpoint(), '--store', inFile(path), '--wait-clients', '0'];
  await using second = new Program('server', ...flags);
  second.type('clients');
  // It knows the client of the first server from the store.
  await second.line(/^w1 +offline/);
  server.type('ping', 'ping');
  expect(await server.exitCode()).toBe(8);
  const errors = server.json.filter(({ type }) => type === 'error');
  expect(errors.map(({ code }) => code)).toEqual(['store_in_use']);
  expect(errors[0]?.message).toContain(`process ${second.child.pid} `);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 1, unfinished: 0, exitCode: 8 });
  expect([types('store', 'result'), server.err]).toEqual([['result'], []]);
});

test('a line that the store refuses ends a script with 8, and nothing of it is sent', async () => {
  await using scene = await openScene(inFile, done);
  const { server, path } = scene;
  using database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  server.type('ping', 'ping');
  expect(await server.exitCode()).toBe(8);
  expect(server.json.filter(({ type }) => type === 'error')).toMatchObject([{ code: 'unavailable', line: 2 }]);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 1, unfinished: 0, exitCode: 8 });
});

test('with --keep-going lines are refused until the store is back; later lines run once, and the script ends with 8', async () => {
  await using scene = await openScene(inFile, done, '--keep-going');
  const { server, path, types } = scene;
  const database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  server.type('ping', 'ping');
  await server.line(/"type":"error".*"line":3/);
  database.close();
  await server.line(/"type":"store","ts":\d+,"operation":"commit"}/);
  server.end('ping\n');
  expect(await server.exitCode()).toBe(8);
  expect(types('store', 'error', 'result', 'warning')).toEqual([
    'result',
    'store',
    'error',
    'error',
    'store',
    'result',
  ]);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', completed: 2, unfinished: 0, exitCode: 8 });
});

test('a line that the store does not answer ends a script with 6; its command runs when the store has it, and is reported once', async () => {
  const plugin = fileURLToPath(new URL('silent-store.ts', import.meta.url));
  const address = (path: string) => `silent://${path}`;
  await using scene = await openScene(address, /"type":"error"/, '--plugin', plugin, '--keep-going');
  const { server, types } = scene;
  expect(server.json.filter(({ type }) => type === 'error')).toMatchObject([{ code: 'unknown', line: 1 }]);
  server.child.kill('SIGUSR2');
  await server.line(/"type":"store","ts":\d+,"operation":"commit"}/);
  server.end('ping\n');
  expect(await server.exitCode()).toBe(6);
  const results = server.json.filter(({ type }) => type === 'result');
  expect(results.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'completed'],
    [2, 'completed'],
  ]);
  expect(types('store', 'error')).toEqual(['store', 'error', 'store']);
});
