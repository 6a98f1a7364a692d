import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { isRunning } from '../support/is-running.ts';
import { type JsonLine, Program } from '../support/program.ts';

const namesOf = (lines: JsonLine[]) => lines.map(({ client }) => client).sort();

test('targets reach exactly the clients that they match, and a client that joins later is seen', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--wait-clients', '3', '--output', 'json');
  await using stack = new AsyncDisposableStack();
  for (const name of ['w1', 'w2', 'x1'])
    stack.use(new Program('client', '--connect', endpoint, '--name', name, '--ready'));
  server.type('@w1,x1 ping', '@w* ping', '@all ping', 'wait --clients 4', '@w3 ping');
  await server.line(/"id":"[^"]*\.3".*"result"|"result".*"id":"[^"]*\.3"/);
  stack.use(new Program('client', '--connect', endpoint, '--name', 'w3', '--ready'));
  server.end();
  expect(await server.exitCode()).toBe(0);
  const reached = (n: number) =>
    namesOf(server.about('result', 'ping').filter(({ id }) => String(id).endsWith(`.${n}`)));
  expect([reached(1), reached(2), reached(3), reached(4)]).toEqual([
    ['w1', 'x1'],
    ['w1', 'w2'],
    ['w1', 'w2', 'x1'],
    ['w3'],
  ]);
});

test('targets can be labels, facts and groups, narrowed by a plus and excluded by an exclamation mark', async () => {
  const endpoint = await freeEndpoint();
  const lines = [
    '@env=prod ping',
    '@w[1-2]+env=dev,x1 ping',
    '@all,!env=prod,!x1 ping',
    '@os=*,!web ping',
    '@web,!production ping',
  ];
  const groups = ['--group', 'web=w[12]', '--group', 'production=env=prod'];
  await using server = new Program('server', '--bind', endpoint, '--wait-clients', '3', '--output', 'json', ...groups);
  await using stack = new AsyncDisposableStack();
  const join = (name: string, ...labels: string[]) =>
    stack.use(new Program('client', '--connect', endpoint, '--name', name, '--ready', ...labels));
  join('w1', '--label', 'env=prod', '--label', 'rack=r1');
  join('w2', '--label', 'env=dev');
  join('x1');
  server.type(...lines, 'wait', '@env=test ping');
  server.end();
  expect(await server.exitCode()).toBe(3);
  expect(server.out).toContainEqual(expect.stringContaining("no client has 'env=test' (env is dev, prod)"));
  const reached = (n: number) =>
    namesOf(server.about('result', 'ping').filter(({ id }) => String(id).endsWith(`.${n}`)));
  expect([1, 2, 3, 4, 5].map(reached)).toEqual([['w1'], ['w2', 'x1'], ['w2'], ['x1'], ['w2']]);
});

test('a client with the name of a group is refused', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '--group', 'w1=x*', '-c', 'ping', '--timeout', '1m');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1');
  await client.line(/w1 is the name of a group on this server/);
  await server.line(/w1 was refused/);
});

test('a client ends with 0 at SIGTERM and says goodbye', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '-c', 'ping; sleep 1h', '--keep-going');
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1');
  await server.line(/w1: 1 ping rejected/);
  client.child.kill('SIGTERM');
  expect(await client.exitCode()).toBe(0);
  expect(await server.line(/w1 is offline/)).toContain('said goodbye');
});

test('a second client with the same name reports that on its own terminal, and joins when the first has ended', async () => {
  const endpoint = await freeEndpoint();
  await using server = new Program('server', '--bind', endpoint, '-c', 'ping; sleep 1h', '--keep-going');
  await using first = new Program('client', '--connect', endpoint, '--name', 'w1');
  await first.line(/w1 is connected/);
  await using second = new Program('client', '--connect', endpoint, '--name', 'w1');
  await second.line(/a client named w1 is connected/);
  await server.line(/w1 was refused/);
  first.child.kill('SIGKILL');
  await second.line(/w1 is connected to/);
});

test('spawned clients end when their server is killed', async () => {
  await using server = new Program('server', '--spawn', '2', '--output', 'json');
  server.type('clients', 'sleep 1h');
  await server.line(/"name":"w2"/);
  const pids = server.json.flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));
  expect(pids.filter(isRunning)).toHaveLength(2);
  server.child.kill('SIGKILL');
  await server.exitCode();
  await expect.poll(() => pids.filter(isRunning), { timeout: 50_000 }).toEqual([]);
});

test('a new server on the same address adopts a running job and reports it once', async () => {
  const endpoint = await freeEndpoint();
  await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
  await using first = new Program('server', '--bind', endpoint, '--output', 'json');
  first.type('calculate 2 adopted', 'sleep 1h');
  await first.line(/"accepted".*calculate/);
  first.child.kill('SIGKILL');
  await first.exitCode();
  await using second = new Program('server', '--bind', endpoint, '--output', 'json');
  second.end('wait\n');
  expect(await second.exitCode()).toBe(0);
  expect(second.about('result', 'calculate')).toMatchObject([{ client: 'w1', adopted: true, outcome: 'completed' }]);
  expect(second.about('output', 'calculate')).toMatchObject([{ data: 'adopted\n', offset: 0 }]);
  expect(client.out).toEqual(['adopted']);
});
