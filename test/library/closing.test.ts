import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { implement, ping } from '../../src/index.ts';
import { hello } from '../support/hello.ts';
import { openPair, openServer, startClient } from '../support/library.ts';
import { rawClient } from '../support/raw-client.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

test('a job that a server reported before it was closed is not reported to the next one', async () => {
  let server = await openServer();
  const bind = server.endpoint;
  await using client = await startClient(server);
  await client.told.first(({ type }) => type === 'connected');
  for (let round = 0; round < 20; round += 1) {
    await server.waitForClients(1);
    const { id, outcomes } = await server.submit('w1', ping, {});
    expect(await outcomes).toMatchObject([{ outcome: 'completed' }]);
    expect(server.told.of('job.settled').map((result) => result.id)).toStrictEqual([id]);
    await server.close();
    server = await openServer({ bind });
  }
  await server.close();
});

describe('a client', () => {
  test('that is closed cancels its jobs, reports them, says goodbye and ends', async () => {
    const steps = createSteps();
    await using pair = await openPair({
      server: { commands: [stepwise] },
      client: { commands: [steps.implementation] },
    });
    const { server, client } = pair;
    const groups = await Promise.all(['a', 'b'].map((label) => server.submit('w1', stepwise, { label })));
    await steps.begins(2);
    await client.close('closed for the night');
    const error = { code: 'cancelled', message: 'the client was closed for the night' };
    for (const group of groups) expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled', error }]);
    const gone = await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    expect(gone).toMatchObject({ reason: 'w1 said goodbye: closed for the night' });
    expect(client.state).toBe('terminated');
    await client.closed;
  });

  test('abandons work that does not end on request, and reports which', async () => {
    const deaf = implement(ping, () => new Promise<never>(() => {}));
    await using pair = await openPair({ client: { commands: [deaf] } });
    const group = await pair.server.submit('w1', ping, {});
    await group.accepted;
    await pair.client.close();
    expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
    expect(pair.client.told.of('left')).toMatchObject([{ jobs: [`${group.id} ping`], unacked: 0 }]);
  });

  test('can be closed twice, and again after it has ended', async () => {
    await using pair = await openPair();
    const { client } = pair;
    const closings = [client.close(), client.close('another reason')];
    expect(closings[0]).toBe(closings[1]);
    await Promise.all(closings);
    await client.close();
    await client[Symbol.asyncDispose]();
    expect(client.told.of('state').map(({ state }) => state)).toStrictEqual(['terminating', 'terminated']);
  });

  test('that never found its server can be closed', async () => {
    const client = await startClient({ endpoint: 'tcp://127.0.0.1:1' });
    const failed = await client.told.first(({ type }) => type === 'disconnected');
    expect(failed).toMatchObject({ error: { code: 'cannot_connect' } });
    await client.close();
    await client.closed;
    expect([client.state, client.told.of('connected').length]).toStrictEqual(['terminated', 0]);
  });

  test('can be closed at the moment of its creation', async () => {
    await using server = await openServer();
    const client = await startClient(server);
    await client.close();
    expect(client.state).toBe('terminated');
  });
});

describe('a server', () => {
  test('ends even if a client does not answer', async () => {
    const server = await openServer();
    await using _silent = await rawClient(server.endpoint, hello());
    await server.waitForClients(1);
    await server.close();
    await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('closed'));
  });

  test('can be closed twice, and sends nothing more', async () => {
    await using pair = await openPair();
    const { server, client } = pair;
    const closings = [server.close(), server.close()];
    expect(closings[0]).toBe(closings[1]);
    await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('closed'));
    await Promise.all(closings);
    await server.close();
    await server[Symbol.asyncDispose]();
    await expect(server.submit('w1', ping, {})).rejects.toThrow(refusal('closed'));
    const lost = await client.told.first(({ type }) => type === 'disconnected');
    expect(lost).toMatchObject({ error: { code: 'cannot_connect' } });
    expect(client.state).toBe('ready');
  });

  test('that was closed refuses to send or wait, and still returns what it knows', async () => {
    await using pair = await openPair();
    const { server } = pair;
    const [job] = (await server.submit('w1', ping, {})).jobs;
    if (!job) throw new Error('nothing was sent');
    await job.outcome;
    await server.close();
    const refused = [
      () => server.submit('w1', ping, {}),
      () => server.cancel([job]),
      () => server.signal([job], 'SIGHUP'),
      () => server.waitForClients(0),
    ];
    for (const call of refused) await expect(call()).rejects.toThrow(refusal('closed'));
    expect(await server.get(job)).toMatchObject({ outcome: 'completed' });
    expect(await server.list()).toHaveLength(1);
    expect([await server.output(job), await server.records(job)]).toEqual([[], []]);
    for await (const _ of server.watch()) throw new Error('nothing happens any more');
  });

  test('delivers nothing more to a reader whose signal has aborted', async () => {
    await using pair = await openPair();
    const { server } = pair;
    const types: string[] = [];
    const enough = new AbortController();
    const reader = server.watch({ signal: enough.signal });
    await (await server.submit('w1', ping, {})).outcomes;
    enough.abort();
    await (await server.submit('w1', ping, {})).outcomes;
    for await (const { type } of reader) types.push(type);
    expect(types).toStrictEqual([]);
  });
});

test('after everything is closed nothing keeps the process alive', async () => {
  const program = new URL('open-and-close.ts', import.meta.url).pathname;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 });
  expect([stdout, stderr]).toStrictEqual(['all is closed\n', '']);
});
