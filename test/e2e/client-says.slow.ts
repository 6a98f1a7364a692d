import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { inShell, Program } from '../support/program.ts';

test('a client says once, with its name, that nothing listens, and with --quiet not at all', async () => {
  const endpoint = await freeEndpoint();
  const who = ['--connect', endpoint, '--name'];
  await using loud = new Program('client', ...who, 'loud');
  await using quiet = new Program('client', ...who, 'quiet', '--quiet');
  await loud.line(/nobody listens there; trying again/);
  await using server = new Program('server', '--bind', endpoint, '--output', 'json', '--wait-clients', '2');
  server.type('start', 'terminate').end();
  expect(await server.exitCode()).toBe(0);
  expect([await loud.exitCode(), await quiet.exitCode()]).toEqual([0, 0]);
  expect(quiet.err).toEqual([]);
  expect(loud.err).toEqual([
    `loud: cannot reach ${endpoint}: nobody listens there; trying again`,
    expect.stringMatching(/^loud is connected to /),
    'loud is ready',
    'loud is terminating',
    'loud is terminated',
  ]);
});

test('a client that leaves an outcome undelivered says so', { timeout: 30_000 }, async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--output', 'json');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  server.type('calculate 600 x');
  await server.line(/"accepted"/);
  server.child.kill('SIGSTOP');
  client.child.kill('SIGTERM');
  await client.line(/^w1 leaves: 1 outcome was not acknowledged$/);
  expect(await client.exitCode()).toBe(0);
});

test('--wait-clients sets how many clients a script waits for', async () => {
  const endpoint = await freeEndpoint();
  const args = ['--bind', endpoint, '--wait-clients', '2', '--output', 'json', '-c', 'start; terminate'];
  await using server = new Program('server', ...args);
  await using _one = new Program('client', '--connect', endpoint, '--name', 'one');
  await server.line(/"client":"one".*"unready"/);
  await using _two = new Program('client', '--connect', endpoint, '--name', 'two');
  expect(await server.exitCode()).toBe(0);
  expect(
    server
      .about('result', 'start')
      .map(({ client }) => client)
      .toSorted(),
  ).toEqual(['one', 'two']);
});

test('environment variables meant for the server alone do not reach the clients of --spawn', async () => {
  const env =
    'HEALTH=$d/health LOG=$d/log TRACES=http://127.0.0.1:9 CREDENTIALS=$d/none NAME=other ALLOW=ping CONNECT=tcp://127.0.0.1:9';
  const assignments = env.split(' ').map((one) => `SIGNALBOX_${one}`);
  const script = `d=$(mktemp -d); export ${assignments.join(' ')}; "$@"; echo "code $?"; grep -c program.:.client $d/log; rm -r $d`;
  await using server = inShell(script, 'server', '--spawn', '1', '-c', 'start; run echo hello');
  await server.exitCode();
  expect(server.out).toContain('w1 | hello');
  expect(server.out).toContain('code 0');
  expect(server.out.at(-1)).toBe('0');
});

test('a script waits for all clients of --spawn', async () => {
  await using server = new Program('server', '--spawn', '3', '--output', 'json', '-c', 'start');
  expect(await server.exitCode()).toBe(0);
  expect(
    server
      .about('result', 'start')
      .map(({ client }) => client)
      .toSorted(),
  ).toEqual(['w1', 'w2', 'w3']);
});
