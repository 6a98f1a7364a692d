import { describe, expect, test } from 'vitest';
import { calculate, ping, stop } from '../../src/index.ts';
import { openPair, openServer } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

/** A server and a client that runs `stepwise`, and the steps of its jobs. */
async function openSteps() {
  const steps = createSteps();
  const pair = await openPair({ server: { commands: [stepwise] }, client: { commands: [steps.implementation] } });
  return {
    ...pair,
    steps,
    run: (label: string, options = {}) => pair.server.submit('w1', stepwise, { label }, options),
  };
}

describe('ending a job', () => {
  test('one of several running jobs is cancelled, and the others continue', async () => {
    await using open = await openSteps();
    const groups = await Promise.all(['a', 'b', 'c'].map((label) => open.run(label)));
    await open.steps.begins(3);
    groups[1]?.jobs[0]?.cancel();
    const error = { code: 'cancelled', message: 'cancelled by the server' };
    expect(await groups[1]?.outcomes).toMatchObject([{ outcome: 'cancelled', error }]);
    for (const work of open.steps.begun) work.end();
    expect(await groups[0]?.outcomes).toMatchObject([{ outcome: 'completed', result: { label: 'a' } }]);
    expect(await groups[2]?.outcomes).toMatchObject([{ outcome: 'completed', result: { label: 'c' } }]);
  });

  test('a job can also be cancelled by its id and client; an unknown one is reported as such', async () => {
    await using open = await openSteps();
    const { server } = open;
    const group = await open.run('a');
    await open.steps.begins();
    const id = group.id;
    await expect(
      server.cancel([
        { id, client: 'w1' },
        { id, client: 'w2' },
      ]),
    ).rejects.toThrow(refusal('no_such_job'));
    expect(open.steps.begun[0]?.job.signal.aborted).toBe(false);
    await server.cancel([{ id, client: 'w1' }]);
    expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
    await server.cancel([{ id, client: 'w1' }]);
  });

  test('a signal that does not exist is refused, and its client stays connected', async () => {
    await using open = await openSteps();
    const { server, steps } = open;
    const group = await open.run('a');
    const work = await steps.begins();
    await expect(server.signal(group.jobs, 'SIGFOO' as 'SIGHUP')).rejects.toThrow(refusal('bad_arguments'));
    work.end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    expect(server.told.of('client.left')).toEqual([]);
  });

  test('signals sent right after a job are kept until it listens: each once, in order', async () => {
    await using open = await openSteps();
    const { server, steps } = open;
    const jobs = [{ id: (await open.run('a')).id, client: 'w1' }];
    for (const signal of ['SIGUSR1', 'SIGTERM', 'SIGUSR1'] as const) await server.signal(jobs, signal);
    const work = await steps.begins();
    await (await server.submit('w1', ping, {})).outcomes;
    const heard: string[] = [];
    work.job.onSignal((signal) => heard.push(signal));
    expect(heard).toStrictEqual(['SIGUSR1', 'SIGTERM']);
    await server.signal(jobs, 'SIGHUP');
    await (await server.submit('w1', ping, {})).outcomes;
    expect(heard).toStrictEqual(['SIGUSR1', 'SIGTERM', 'SIGHUP']);
    work.end();
  });

  test('a job that is cancelled right after it was sent is cancelled', async () => {
    await using open = await openSteps();
    const group = await open.run('a');
    group.cancel();
    expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled', error: { code: 'cancelled' } }]);
  });

  test('at its deadline a job fails with deadline_exceeded', async () => {
    await using open = await openSteps();
    const group = await open.run('a', { timeoutMs: 20 });
    const error = { code: 'deadline_exceeded', message: 'still running after 20 ms' };
    const [outcome] = await group.outcomes;
    expect(outcome).toMatchObject({ outcome: 'failed', error });
    expect(outcome?.durationMs).toBeGreaterThanOrEqual(19);
  });

  test('a deadline that is met has no effect', async () => {
    await using pair = await openPair();
    expect(await (await pair.server.submit('w1', ping, {}, { timeoutMs: 60_000 })).outcomes).toMatchObject([
      { outcome: 'completed' },
    ]);
  });

  test('a job without time to start expires, and never starts', async () => {
    await using open = await openSteps();
    const group = await open.run('a', { expiresInMs: 0 });
    expect(await group.accepted).toStrictEqual([false]);
    expect(await group.outcomes).toMatchObject([{ outcome: 'expired', error: { code: 'expired' }, durationMs: 0 }]);
    expect(open.steps.begun).toHaveLength(0);
  });

  test('a job with enough time to start can run as long as it likes', async () => {
    await using open = await openSteps();
    const group = await open.run('a', { expiresInMs: 10_000 });
    (await open.steps.begins()).end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  });
});

describe('refusing a command', () => {
  test('a client that has gone is offline', async () => {
    await using pair = await openPair();
    await pair.client.close();
    await pair.server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    const group = await pair.server.submit('w1', ping, {});
    expect(await group.accepted).toStrictEqual([false]);
    const error = { code: 'offline', message: 'w1 is not connected' };
    expect(await group.outcomes).toMatchObject([{ outcome: 'rejected', error }]);
    expect(pair.server.told.of('job.settled')).toMatchObject([{ id: group.id, client: 'w1', command: 'ping', error }]);
  });

  test.each(['w2', 'x*', ['w1', 'w2']])('%j selects nobody, and nothing is sent', async (target) => {
    await using pair = await openPair();
    await expect(pair.server.submit(target, ping, {})).rejects.toThrow(refusal('no_such_target'));
    expect(await pair.server.list()).toStrictEqual([]);
  });

  test('all selects nobody if no client is connected', async () => {
    await using server = await openServer();
    await expect(server.submit('all', ping, {})).rejects.toThrow(refusal('no_such_target'));
  });

  test('a command that this client does not run is rejected by it as unknown', async () => {
    await using pair = await openPair({ server: { commands: [stepwise] } });
    const [outcome] = await (await pair.server.submit('w1', stepwise, { label: 'a' })).outcomes;
    expect(outcome).toMatchObject({ outcome: 'rejected', error: { code: 'unknown_command' } });
  });

  test('a command that this server does not have is refused here', async () => {
    await using pair = await openPair();
    await expect(pair.server.submit('w1', stepwise, { label: 'a' })).rejects.toThrow(refusal('unknown_command'));
  });

  test.each([
    { seconds: -1, message: '' },
    { seconds: 3_155_760_001, message: '' },
    { seconds: Number.NaN, message: '' },
    { seconds: 1, message: 'x'.repeat(65_537) },
  ])('arguments out of the contract are refused before anything is sent', async (args) => {
    await using pair = await openPair();
    await expect(pair.server.submit('w1', calculate, args)).rejects.toThrow(refusal('bad_arguments'));
    expect(await pair.server.list()).toStrictEqual([]);
  });

  test.each([
    { timeoutMs: 0 },
    { timeoutMs: 0.5 },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: Number.NaN },
    { expiresInMs: -1 },
    { expiresInMs: Number.NaN },
  ])('%o would be refused at the other end each time it came, so it is refused here', async (options) => {
    await using pair = await openPair();
    await expect(pair.server.submit('w1', ping, {}, options)).rejects.toThrow(refusal('bad_arguments'));
    expect(await pair.server.list()).toStrictEqual([]);
  });
});

test('the view of a job follows it to its end', async () => {
  await using open = await openSteps();
  const { server } = open;
  const { id } = await open.run('a');
  const view = () => server.get({ id, client: 'w1' });
  expect(await view()).toMatchObject({
    client: 'w1',
    command: 'stepwise',
    kind: 'data',
    args: { label: 'a' },
    state: 'sent',
  });
  const work = await open.steps.begins();
  await server.told.first((event) => event.type === 'job.accepted');
  expect(await view()).toMatchObject({ state: 'accepted', outcome: undefined, durationMs: expect.any(Number) });
  expect(await server.clients()).toMatchObject([
    { name: 'w1', runningJobs: 1, commands: ['calculate', 'ping', 'stepwise'] },
  ]);
  work.job.progress(0.5, 'half');
  await server.told.first((event) => event.type === 'job.progress');
  expect((await view()).progress).toStrictEqual({ fraction: 0.5, note: 'half' });
  work.end();
  await server.told.first((event) => event.type === 'job.settled');
  expect(await view()).toMatchObject({ state: 'settled', outcome: 'completed', durationMs: expect.any(Number) });
  expect(await server.clients()).toMatchObject([{ runningJobs: 0 }]);
});

test('jobs without an outcome are counted by command and state; ended ones are not', async () => {
  await using open = await openSteps();
  const { server } = open;
  expect(server.unsettled()).toEqual([]);
  const groups = await Promise.all(['a', 'b'].map((label) => open.run(label)));
  const pinged = await server.submit('w1', ping, {});
  expect(server.unsettled()).toEqual([
    { command: 'stepwise', state: 'sent', count: 2 },
    { command: 'ping', state: 'sent', count: 1 },
  ]);
  await Promise.all([pinged.outcomes, ...groups.map(({ accepted }) => accepted)]);
  expect(server.unsettled()).toEqual([{ command: 'stepwise', state: 'accepted', count: 2 }]);
  await open.steps.begins(2);
  for (const work of open.steps.begun) work.end();
  await Promise.all(groups.map(({ outcomes }) => outcomes));
  expect(server.unsettled()).toEqual([]);
});

test('the client reports each command that starts and how it ends, including refused ones', async () => {
  await using open = await openSteps();
  const { server, client } = open;
  const failing = await open.run('a');
  (await open.steps.begins(1)).fail(new Error('no'));
  await failing.outcomes;
  const pinged = await server.submit('w1', ping, {});
  await pinged.outcomes;
  await (await server.submit('w1', stop, {})).outcomes;
  const refused = await server.submit('w1', ping, {});
  await refused.outcomes;
  const began = client.told.of('began').map(({ command }) => command);
  expect(began).toEqual(['stepwise', 'ping', 'stop']);
  expect(client.told.of('ended')).toMatchObject([
    { id: failing.id, command: 'stepwise', outcome: 'failed', code: 'command_failed', durationMs: expect.any(Number) },
    { id: pinged.id, command: 'ping', outcome: 'completed', durationMs: expect.any(Number) },
    { command: 'stop', outcome: 'completed' },
    { id: refused.id, command: 'ping', outcome: 'rejected', code: 'not_ready' },
  ]);
});
