import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { Program } from '../support/program.ts';

const json = ['--output', 'json'];

/** A server that runs a script, and a client in its own process. */
async function openPair(script: string) {
  const endpoint = await freeEndpoint();
  await using stack = new AsyncDisposableStack();
  const server = stack.use(new Program('server', '--bind', endpoint, ...json, '-c', script));
  const client = stack.use(new Program('client', '--connect', endpoint, '--name', 'w1'));
  const opened = stack.move();
  return { server, client, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.each([
  ['ready', 'start; calculate 600 x; terminate'],
  ['unready', 'start; calculate 600 x; stop; terminate'],
])('terminate from %s cancels the job, and the client ends with 0', async (_, script) => {
  await using pair = await openPair(script);
  expect([await pair.client.exitCode(), await pair.server.exitCode()]).toEqual([0, 0]);
  expect(pair.server.about('result', 'calculate')).toMatchObject([{ outcome: 'cancelled' }]);
  expect(pair.server.about('result', 'terminate')).toMatchObject([
    { outcome: 'completed', result: { state: 'terminating', changed: true } },
  ]);
  expect(pair.client.out).toEqual([]);
});

test('a terminated client is offline and has said goodbye', async () => {
  await using pair = await openPair('terminate; sleep 1h');
  await pair.client.exitCode();
  const offline = JSON.parse(await pair.server.line(/"state":"offline"/));
  expect(offline).toMatchObject({ client: 'w1', reason: 'w1 said goodbye: terminated by the server' });
});

test('the message of a client at its end says that it ends, not that it retries', async () => {
  await using pair = await openPair('start; terminate');
  await pair.client.exitCode();
  expect(pair.client.err.slice(-2)).toEqual(['w1 is terminating', 'w1 is terminated']);
});

test('a client without a server ends at once at SIGTERM, with 0', async () => {
  await using client = new Program('client', '--connect', await freeEndpoint(), '--name', 'w1');
  await client.line(/nobody listens there; trying again/);
  client.child.kill('SIGTERM');
  expect(await client.exitCode()).toBe(0);
});
