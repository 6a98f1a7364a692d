import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { ChildProgram, main, Program } from '../support/program.ts';

/** A script that is running two jobs on a client that outlives it. */
async function openScript(...flags: string[]) {
  await using opening = new AsyncDisposableStack();
  const endpoint = await freeEndpoint();
  const script = 'calculate 600 x\ncalculate 600 y\nsleep 1h\nping';
  const server = opening.use(new Program('server', '--bind', endpoint, ...flags, '-c', script));
  const client = opening.use(new Program('client', '--connect', endpoint, '--name', 'w1', '--ready'));
  const stack = opening.move();
  return { endpoint, server, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const bothRun = /"progress".*\.2"/;

test('Ctrl-C of a script cancels what it began, waits for that, and ends with 130', async () => {
  await using scene = await openScript('--output', 'json');
  const { server, client } = scene;
  await server.line(bothRun);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  expect(server.about('result', 'calculate').map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', cancelled: 2, unfinished: 0, exitCode: 130 });
  expect(server.about('accepted', 'ping')).toEqual([]);
  expect(isRunning(client.child.pid ?? 0)).toBe(true);
});

test('Ctrl-C stops sending a batch, then cancels the running jobs, and names both groups', async () => {
  const script = 'start; calculate 600 x --batch 1; sleep 1h';
  await using server = new Program('server', '--spawn', '3', '--output', 'json', '-c', script);
  await server.line(/"progress"/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  expect(server.about('accepted', 'calculate')).toHaveLength(1);
  const names = { cancelled: ['w1'], unsent: ['w2', 'w3'] };
  expect(server.about('group', 'calculate')).toMatchObject([{ names }]);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', cancelled: 3, unsent: 2, unfinished: 0, exitCode: 130 });
});

test('also while the script waits for its jobs at its end', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json', '-c', 'start; calculate 600 x');
  await server.line(/"progress"/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', cancelled: 1, unfinished: 0, exitCode: 130 });
});

test('Ctrl-C also cancels jobs that --wait left running', async () => {
  const script = 'start; calculate 600 x --wait 100ms; sleep 1h';
  await using server = new Program('server', '--spawn', '1', '--output', 'json', '--keep-going', '-c', script);
  await server.line(/"timed_out"/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  expect(server.about('result', 'calculate')).toMatchObject([{ outcome: 'cancelled' }]);
});

test('a second Ctrl-C stops waiting and names the unfinished jobs, with a command that ends them', async () => {
  await using scene = await openScript('--echo');
  const { server, client } = scene;
  await server.line(/^> sleep/);
  client.child.kill('SIGSTOP');
  server.child.kill('SIGINT');
  await server.line(/Ctrl-C again stops waiting/);
  server.child.kill('SIGINT');
  expect(await server.exitCode()).toBe(130);
  const said = server.err.join('\n');
  expect(said).toContain('1 calculate on w1, 2 calculate on w1');
  const [, command = ''] = /^ {2}signalbox (.*)$/m.exec(said) ?? [];
  client.child.kill('SIGCONT');
  await using next = new ChildProgram('sh', ['-c', `"$0" "$1" ${command} --output json`, process.execPath, main]);
  expect(await next.exitCode()).toBe(0);
  expect(next.about('result', 'calculate').map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
});

test('a client that does not answer is waited for 10 s, and named', { timeout: 60_000 }, async () => {
  const script = 'start; calculate 600 x; sleep 1h';
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('clients', ...script.split('; '));
  const pid = Number(/"pid":(\d+)/.exec(await server.line(/"pid":/))?.[1]);
  await server.line(/"progress"/);
  process.kill(pid, 'SIGSTOP');
  server.child.kill('SIGINT');
  const error = JSON.parse(await server.line(/"timed_out"/));
  process.kill(pid, 'SIGCONT');
  expect(error.message).toMatch(/a job was cancelled .*: 2 calculate on w1; they end with their clients/);
  expect(await server.exitCode()).toBe(130);
});

test('SIGTERM leaves the jobs of a script running', async () => {
  await using scene = await openScript('--output', 'json');
  const { server, client, endpoint } = scene;
  await server.line(bothRun);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', cancelled: 0, unfinished: 2, exitCode: 143 });
  await using next = new Program('server', '--bind', endpoint, '--output', 'json', '-c', 'jobs; terminate');
  await next.exitCode();
  expect(next.json.filter(({ type }) => type === 'job')).toMatchObject([{ state: 'accepted' }, { state: 'accepted' }]);
  await client.exitCode();
});
