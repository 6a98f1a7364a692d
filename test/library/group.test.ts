import { expect, test } from 'vitest';
import { type JobEvent, ping } from '../../src/index.ts';
import { openClient, openServer } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

async function openThree() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openServer({ commands: [stepwise] }));
  const all = [createSteps(), createSteps(), createSteps()];
  await Promise.all(
    all.map(async ({ implementation }, index) => {
      stack.use(await openClient(server, { name: `w${index + 1}`, commands: [implementation] }));
    }),
  );
  await server.waitForClients(3);
  const kept = stack.move();
  return { server, steps: all, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The events that one reader of a job gets, in a few words each. */
async function read(events: AsyncIterable<JobEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    if (event.type === 'job.output') seen.push(`${event.stream} ${Buffer.from(event.data)}`);
    else if (event.type === 'job.settled') seen.push(event.outcome);
    else seen.push(event.type === 'job.progress' ? `progress ${event.fraction}` : event.type);
  }
  return seen;
}

test('one command to several clients is one group: an id, and one job per client name', async () => {
  await using open = await openThree();
  const group = await open.server.submit(['w3', 'w[12]'], stepwise, { label: 'a' });
  expect(group.jobs.map(({ id, client, command }) => [id, client, command])).toStrictEqual(
    ['w3', 'w1', 'w2'].map((client) => [group.id, client, 'stepwise']),
  );
  expect(group.id).toBe(`${open.server.bootId}.1`);
  for (const { begins } of open.steps) (await begins()).end();
  expect(await group.accepted).toStrictEqual([true, true, true]);
  expect((await group.outcomes).map(({ client, outcome }) => [client, outcome])).toStrictEqual(
    ['w3', 'w1', 'w2'].map((client) => [client, 'completed']),
  );
});

test('its jobs end independently', async () => {
  await using open = await openThree();
  const group = await open.server.submit('all', stepwise, { label: 'a' });
  const [first, second, third] = await Promise.all(open.steps.map(({ begins }) => begins()));
  first?.end();
  second?.fail(new Error('broken'));
  expect(await group.jobs[0]?.outcome).toMatchObject({ client: 'w1', outcome: 'completed' });
  expect(await group.jobs[1]?.outcome).toMatchObject({ client: 'w2', outcome: 'failed' });
  expect(third?.job.signal.aborted).toBe(false);
  group.cancel();
  expect(await group.outcomes).toMatchObject([
    { outcome: 'completed' },
    { outcome: 'failed' },
    { outcome: 'cancelled' },
  ]);
});

test('accepted waits for the last client, and reports which clients never started', async () => {
  await using open = await openThree();
  await using idle = await openClient(open.server, { name: 'w4', ready: false });
  await open.server.waitForClients(4);
  const group = await open.server.submit('w*', ping, {});
  expect(idle.state).toBe('unready');
  expect(await group.accepted).toStrictEqual([true, true, true, false]);
});

test('the events of a job arrive in order, and the outcome is the last', async () => {
  await using open = await openThree();
  const [job] = (await open.server.submit('w1', stepwise, { label: 'a' })).jobs;
  if (!job) throw new Error('one target makes one job');
  const readers = [read(job.events), read(job.events)];
  const work = await open.steps[0]?.begins();
  work?.job.output('stdout', 'one');
  work?.job.progress(0.5);
  work?.job.output('stderr', 'two');
  work?.end();
  const events = ['job.accepted', 'stdout one', 'progress 0.5', 'stderr two', 'completed'];
  expect(await Promise.all(readers)).toStrictEqual([events, events]);
});

test('a later reader gets the events from then on, and after the end only the outcome', async () => {
  await using open = await openThree();
  const [job] = (await open.server.submit('w1', stepwise, { label: 'a' })).jobs;
  if (!job) throw new Error('one target makes one job');
  const work = await open.steps[0]?.begins();
  work?.job.output('stdout', 'one');
  await open.server.told.first((event) => event.type === 'job.output');
  const late = read(job.events);
  work?.job.output('stdout', 'two');
  work?.end();
  expect(await late).toStrictEqual(['stdout two', 'completed']);
  expect(await read(job.events)).toStrictEqual(['completed']);
});

test('a reader that leaves early does not affect the others', async () => {
  await using open = await openThree();
  const [job] = (await open.server.submit('w1', stepwise, { label: 'a' })).jobs;
  if (!job) throw new Error('one target makes one job');
  const stays = read(job.events);
  for await (const event of job.events) if (event.type === 'job.accepted') break;
  (await open.steps[0]?.begins())?.end();
  expect(await stays).toStrictEqual(['job.accepted', 'completed']);
});

test('a job that was never sent has its outcome at once', async () => {
  await using open = await openThree();
  const [job] = (await open.server.submit('w1', ping, {}, { expiresInMs: 0 })).jobs;
  expect(job && (await read(job.events))).toStrictEqual(['expired']);
});

test('iterating over a group gives the outcomes in the order in which its jobs end', async () => {
  await using open = await openThree();
  const group = await open.server.submit('all', stepwise, { label: 'a' });
  const [first, second, third] = await Promise.all(open.steps.map((step) => step.begins()));
  const ended: string[] = [];
  second?.end();
  for await (const { client, outcome } of group) {
    ended.push(`${client} ${outcome}`);
    if (client === 'w2') third?.end();
    if (client === 'w3') first?.end();
  }
  expect(ended).toStrictEqual(['w2 completed', 'w3 completed', 'w1 completed']);
});

test('the last event of a job is the same for late readers, with its number and time', async () => {
  await using open = await openThree();
  const [job] = (await open.server.submit('w1', ping, {}, { expiresInMs: 0 })).jobs;
  await job?.outcome;
  const [one] = await Array.fromAsync(job?.events ?? []);
  const [again] = await Array.fromAsync(job?.events ?? []);
  expect(one).toMatchObject({
    type: 'job.settled',
    outcome: 'expired',
    seq: expect.any(Number),
    atMs: expect.any(Number),
  });
  expect(again).toBe(one);
});

test('outcomes can be requested before and after the end, and each caller gets a separate list', async () => {
  await using open = await openThree();
  const group = await open.server.submit('all', ping, {});
  const [early, again] = [group.outcomes, group.outcomes];
  const iterated = Array.fromAsync(group);
  const clients = (outcomes: readonly { client: string | null }[]) => outcomes.map(({ client }) => client).sort();
  expect(clients(await iterated)).toStrictEqual(['w1', 'w2', 'w3']);
  (await early).length = 0;
  for (const outcomes of [again, group.outcomes, Array.fromAsync(group)]) {
    expect(clients(await outcomes)).toStrictEqual(['w1', 'w2', 'w3']);
  }
});

test('a caller that awaits the outcomes of a group has received the last event of each job', async () => {
  await using open = await openThree();
  await using reader = open.server.watch();
  const settled: (string | null)[] = [];
  const reading = (async () => {
    for await (const event of reader) if (event.type === 'job.settled') settled.push(event.client);
  })();
  for (let times = 1; times <= 20; times += 1) {
    const group = await open.server.submit('w1', ping, {});
    await group.outcomes;
    expect(settled).toHaveLength(times);
  }
  await open.server.close();
  await reading;
});
