import { expect, test } from 'vitest';
import { calculate, ping, start, stop, terminate } from '../../src/index.ts';
import { openPair } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const unready = { client: { ready: false } };

test('a client starts unready, and start and stop change its state', async () => {
  await using pair = await openPair(unready);
  const { server, client } = pair;
  expect(client.state).toBe('unready');
  const results = [];
  for (const command of [stop, start, start, stop]) {
    const [outcome] = await (await server.submit('w1', command, {})).outcomes;
    results.push(outcome?.outcome === 'completed' && outcome.result);
  }
  expect(results).toStrictEqual([
    { state: 'unready', changed: false },
    { state: 'ready', changed: true },
    { state: 'ready', changed: false },
    { state: 'unready', changed: true },
  ]);
  expect(client.state).toBe('unready');
  expect(client.told.of('state').map(({ state }) => state)).toStrictEqual(['ready', 'unready']);
  expect(server.told.of('client.state').map(({ state }) => state)).toStrictEqual(['unready', 'ready', 'unready']);
});

test('a client that is created ready starts ready', async () => {
  await using pair = await openPair();
  expect([pair.client.state, (await pair.server.clients())[0]?.state]).toStrictEqual(['ready', 'ready']);
});

test('data commands are rejected with not_ready until the client is started', async () => {
  await using pair = await openPair(unready);
  const { server } = pair;
  const group = await server.submit('w1', ping, {});
  expect(await group.accepted).toStrictEqual([false]);
  expect(await group.outcomes).toStrictEqual([
    {
      id: group.id,
      client: 'w1',
      command: 'ping',
      durationMs: 0,
      outcome: 'rejected',
      error: { code: 'not_ready', message: 'the client is unready; send start first' },
    },
  ]);
  await (await server.submit('w1', start, {})).outcomes;
  expect(await (await server.submit('w1', ping, {})).accepted).toStrictEqual([true]);
});

test('ping returns the unix time of the client in whole seconds, with the round trip', async () => {
  await using pair = await openPair();
  const before = Math.floor(Date.now() / 1000);
  const [outcome] = await (await pair.server.submit('w1', ping, {})).outcomes;
  const result = outcome?.outcome === 'completed' ? outcome.result : Number.NaN;
  expect(result).toBeGreaterThanOrEqual(before);
  expect(result).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  const told = await pair.server.told.first((event) => event.type === 'job.settled');
  expect(told).toMatchObject({ command: 'ping', roundTripMs: expect.any(Number), result });
});

test('calculate lasts the requested time, prints at its client, and sends the same as output', async () => {
  const printed: string[] = [];
  await using pair = await openPair({ client: { print: (line) => void printed.push(line) } });
  const { server } = pair;
  const [job] = (await server.submit('w1', calculate, { seconds: 0.05, message: 'hello box' })).jobs;
  const outcome = await job?.outcome;
  expect(outcome?.outcome).toBe('completed');
  if (outcome?.outcome === 'completed') expect(outcome.result.seconds).toBeGreaterThanOrEqual(0.05);
  expect(outcome?.durationMs).toBeGreaterThanOrEqual(50);
  expect(printed).toStrictEqual(['hello box']);
  expect(await server.output({ id: job?.id ?? '', client: 'w1' })).toStrictEqual([
    { stream: 'stdout', offset: 0, data: Buffer.from('hello box\n') },
  ]);
  expect(server.told.of('job.progress').at(-1)?.fraction).toBeGreaterThan(0.9);
});

test('a long calculate reports its progress from the beginning', async () => {
  await using pair = await openPair();
  const { server } = pair;
  const group = await server.submit('w1', calculate, { seconds: 3_600, message: '' });
  const first = await server.told.first((event) => event.type === 'job.progress');
  expect(first).toMatchObject({ id: group.id });
  for (const job of group.jobs) job.cancel();
  expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
});

test('a calculate ends on time between two steps of its progress', async () => {
  await using pair = await openPair();
  const { server } = pair;
  // A busy machine makes it longer, never shorter.
  for (let seconds = 1; seconds >= 0.5; ) {
    const [outcome] = await (await server.submit('w1', calculate, { seconds: 0.26, message: '' })).outcomes;
    if (outcome?.outcome !== 'completed') expect.unreachable();
    seconds = outcome.result.seconds;
  }
});

test('stop lets a running job finish and prevents the next one', async () => {
  const steps = createSteps();
  await using pair = await openPair({
    server: { commands: [stepwise] },
    client: { commands: [steps.implementation] },
  });
  const { server } = pair;
  const running = await server.submit('w1', stepwise, { label: 'first' });
  const work = await steps.begins();
  await (await server.submit('w1', stop, {})).outcomes;
  const [refused] = await (await server.submit('w1', stepwise, { label: 'second' })).outcomes;
  expect(refused).toMatchObject({ outcome: 'rejected', error: { code: 'not_ready' } });
  expect(work.job.signal.aborted).toBe(false);
  work.end();
  expect(await running.outcomes).toMatchObject([{ outcome: 'completed', result: { label: 'first', length: 5 } }]);
  expect(steps.begun).toHaveLength(1);
});

test('terminate cancels running jobs, is completed, and the client ends', async () => {
  await using pair = await openPair();
  const { server, client } = pair;
  const long = await server.submit('w1', calculate, { seconds: 600, message: 'never' });
  expect(await long.accepted).toStrictEqual([true]);
  const [ended] = await (await server.submit('w1', terminate, {})).outcomes;
  await client.closed;
  expect(ended).toMatchObject({ outcome: 'completed', result: { state: 'terminating', changed: true } });
  const error = { code: 'cancelled', message: 'the client was terminated by the server' };
  expect(await long.outcomes).toMatchObject([{ outcome: 'cancelled', error }]);
  expect(client.state).toBe('terminated');
  expect(client.told.of('state').map(({ state }) => state)).toStrictEqual(['terminating', 'terminated']);
  const gone = await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  expect(gone).toMatchObject({ client: 'w1', reason: 'w1 said goodbye: terminated by the server' });
});

test('terminate sent twice is completed twice', async () => {
  await using pair = await openPair(unready);
  const groups = await Promise.all([1, 2].map(() => pair.server.submit('w1', terminate, {})));
  const outcomes = (await Promise.all(groups.map((group) => group.outcomes))).flat();
  expect(outcomes.map((ended) => ended.outcome === 'completed' && ended.result.changed)).toStrictEqual([true, false]);
  await pair.client.closed;
});
