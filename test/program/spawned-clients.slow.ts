import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program, startInShell } from '../support/program.ts';

test('a client that cannot be started for lack of file descriptors is named, and nothing else ends', async () => {
  // With a plug-in they are started last, when the sockets of the server are open.
  const args = ['--plugin', './examples/plugin/grep.ts', '--spawn', '1', '--connect-timeout', '500ms', '-c', 'start'];
  await using limited = startInShell('ulimit -n 33; exec "$@"', ...args);
  expect(await limited.exitCode()).toBe(5);
  expect(limited.err.join('\n')).toMatch(/w1 could not be started: .*EMFILE/);
});

test('a script whose server cannot listen ends the clients that were started while it was loading', async () => {
  const endpoint = await freeEndpoint();
  const taken = createServer().listen(Number(endpoint.split(':').at(-1)), '127.0.0.1');
  onTestFinished(() => void taken.close());
  const folder = newFolder();
  const args = ['--spawn', '2', '--bind', endpoint, '-c', 'start'];
  await using server = startInShell(`TMPDIR=${folder} exec "$@"`, ...args);
  expect(await server.exitCode()).toBe(8);
  // Their socket is removed when they have ended; then its folder is empty.
  expect(readdirSync(folder)).toEqual([]);
  expect(server.err).toHaveLength(1);
});

test('with --bind its own clients still run programs, because no other process can be their server', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--spawn', '2', '--bind', endpoint, '--output', 'json', '--keep-going');
  server.type('start', 'run echo own', 'wait');
  await expect.poll(() => server.about('result', 'run').length, { timeout: 50_000 }).toBe(2);
  await using other = new Program('client', '--connect', endpoint, '--name', 'other', '--ready');
  await other.line(/is connected/);
  server.type('@other run echo other', 'wait', 'terminate --yes').end();
  expect(await server.exitCode()).toBe(7);
  const outcomes = server.about('result', 'run').map(({ client, outcome }) => [client, outcome]);
  expect(outcomes.toSorted()).toEqual([
    ['w1', 'completed'],
    ['w2', 'completed'],
  ]);
  expect(server.about('rejected', 'run')).toMatchObject([{ client: 'other', error: { code: 'not_allowed' } }]);
  expect(await other.exitCode()).toBe(0);
});

test('the address of the store, which may contain a password, is not in the environment of its own clients', async () => {
  const store = `sqlite:${newFolder()}/x.db`;
  await using server = startInShell(`SIGNALBOX_STORE=${store} exec "$@"`, '--spawn', '1', '--output', 'json');
  server.type('start', 'clients');
  await server.line(/"pid":/);
  const pid = server.json.find((one) => one.pid !== undefined)?.pid;
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  server.end();
  expect(await server.exitCode()).toBe(0);
  expect(environment).toContain('PATH=');
  expect(environment).not.toContain('SIGNALBOX_STORE');
});

test('a client that does not end in time is killed, and named', { timeout: 60_000 }, async () => {
  await using server = new Program('server', '--spawn', '2', '--output', 'json');
  server.type('start', 'clients');
  await server.line(/"pid":.*"pid":|"w2".*"pid":|"pid":.*"w2"/);
  const pids = new Map(
    server.json.filter(({ pid }) => pid !== undefined).map(({ client, pid }) => [client, Number(pid)]),
  );
  const pid = pids.get('w2') ?? 0;
  process.kill(pid, 'SIGSTOP');
  server.end();
  await server.line(new RegExp(`^w2 \\(pid ${pid}\\) did not end in 8 s and was killed$`));
  expect(await server.exitCode()).toBe(0);
  expect([...pids.values()].filter(isRunning)).toEqual([]);
  expect(server.err.filter((line) => line.includes('was killed'))).toHaveLength(1);
});

test('a server that is stopped receives the outcomes of its own clients, which leave nothing behind', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('start', 'calculate 600 x');
  await server.line(/"accepted".*"calculate"/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.err.filter((line) => line.includes('leaves'))).toEqual([]);
});
