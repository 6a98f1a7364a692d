import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { NotifyRuleDefinition } from '../../schemas/notify.ts';
import { defineCommand, implement, JobFailure, openSqliteStore } from '../../src/index.ts';
import { createWebhook } from '../../src/notify/channels/webhook.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { createRules } from '../../src/notify/rule.ts';
import { createGroups } from '../../src/target-groups.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { MovedClock } from './support/moved-clock.ts';
import { Receiver, secret, status } from './support/receiver.ts';

const work = defineCommand({
  name: 'work',
  summary: 'Work, or fail.',
  args: z.strictObject({ text: z.string() }),
  result: z.null(),
  example: 'work x',
});
const workCommand = implement(work, async ({ text }, job) => {
  if (text === 'much') {
    job.output('stdout', `${'\u00fc'.repeat(500_000)}!`);
    throw new JobFailure('x'.repeat(100_000), null);
  }
  if (text === 'bad') {
    job.output('stdout', 'it broke\n');
    throw new JobFailure('no luck', null);
  }
  return null;
});

const groups = createGroups({ web: 'web-*' });
const rulesOf = (...rules: Partial<NotifyRuleDefinition>[]) =>
  createRules(
    rules.map((rule) => ({ on: ['job.settled'], outcome: ['failed', 'lost'], to: ['ops'], groupWait: '0s', ...rule })),
    groups,
  );

/** A server on a store in a file, which notifies a receiver. */
async function openTelling(
  receiver: Receiver,
  rules: ReturnType<typeof rulesOf>,
  { path = join(newFolder(), 'store.db'), clock = new MovedClock() } = {},
) {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openSqliteStore({ path }));
  const server = stack.use(await openServer({ store, commands: [work] }));
  const warnings: string[] = [];
  const notifier = stack.use(
    new Notifier({ server, log: store, groups, lostAfterMs: 60_000, clock, warn: (text) => void warnings.push(text) }),
  );
  const channels = new Map([['ops', createWebhook({ url: receiver.url, secret })]]);
  notifier.start({ rules, channels });
  const all = stack.move();
  const close = () => all.disposeAsync();
  return { path, clock, store, server, notifier, channels, warnings, [Symbol.asyncDispose]: close };
}

type Telling = Awaited<ReturnType<typeof openTelling>>;

/** Sends it, and waits for its end. */
async function send({ server }: Pick<Telling, 'server'>, target: string, text: string, actor = 'ann'): Promise<void> {
  await (await server.as(actor).submit(target, work, { text })).outcomes;
}

/** Resolves when every message has been accepted. */
async function caughtUp({ notifier, store }: Pick<Telling, 'notifier' | 'store'>): Promise<void> {
  const { next } = await store.events(1, 1);
  await expect.poll(() => notifier.position, { interval: 5 }).toBeGreaterThanOrEqual(next - 1);
}

test('failures of one group become one message with their count, and the next one follows after the interval', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ groupBy: ['command'], groupWait: '10s' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await using _two = await openClient(telling.server, { name: 'web-2', commands: [workCommand] });
  await send(telling, 'all', 'good');
  // The client that fails first is named first.
  await send(telling, 'web-1', 'bad');
  await send(telling, 'web-2', 'bad');
  for (let round = 0; round < 2; round += 1) await send(telling, 'all', 'bad');
  await caughtUp(telling);
  telling.clock.move(10_000);
  await receiver.until(1);
  expect(receiver.bodies).toMatchObject([
    {
      type: 'job.settled',
      data: {
        rule: 1,
        count: 6,
        by: { command: 'work' },
        names: ['web-1', 'web-2'],
        text: '6 × work failed: web-1, web-2',
      },
    },
  ]);
  const [first] = receiver.bodies;
  expect(first?.data.events).toHaveLength(5);
  expect(first?.data.events[0]).toMatchObject({
    outcome: 'failed',
    code: 'command_failed',
    command: 'work',
    job: { number: 2 },
  });
  expect(JSON.stringify(first)).not.toMatch(/no luck|it broke|bad/);
  await send(telling, 'web-1', 'bad');
  await caughtUp(telling);
  telling.clock.move(289_000);
  await send(telling, 'web-1', 'bad');
  await caughtUp(telling);
  expect(receiver.received).toHaveLength(1);
  telling.clock.move(11_000);
  await receiver.until(2);
  expect(receiver.bodies[1]?.data.count).toBe(2);
});

test('arguments, output and error are in a message if the rule says so', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ include: ['arguments', 'output', 'error'] }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await send(telling, 'all', 'bad');
  await receiver.until(1);
  expect(receiver.bodies[0]?.data.events).toMatchObject([
    { arguments: { text: 'bad' }, output: 'it broke\n', error: 'no luck' },
  ]);
});

test('a message about a failed workflow names the tasks that failed, and why if the rule includes errors', async () => {
  await using receiver = await Receiver.open();
  const rule: NotifyRuleDefinition = { on: ['workflow.failed'], to: ['ops'], groupWait: '0s' };
  const rules = createRules([rule, { ...rule, include: ['error'] }], groups);
  await using telling = await openTelling(receiver, rules);
  const run = { type: 'workflow.ended' as const, run: 3, workflow: 'nightly', outcome: 'failed' as const };
  const error = 'exit code 2';
  telling.server.emit({ ...run, failed: [{ task: 'pack', state: 'failed', error }], moreFailed: 2 });
  await receiver.until(2);
  expect(receiver.bodies.map(({ data }) => data.text).sort()).toEqual([
    'nightly (run 3) failed: pack failed and 2 more',
    'nightly (run 3) failed: pack failed, exit code 2, and 2 more',
  ]);
  expect(receiver.bodies.map(({ data }) => data.events[0]?.error).sort()).toEqual([error, undefined]);
});

test('a message has only the last whole characters of long output, and stays small', async () => {
  await using receiver = await Receiver.open();
  const include = ['arguments' as const, 'output' as const, 'error' as const];
  await using telling = await openTelling(receiver, rulesOf({ include, groupWait: '10s' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  for (let round = 0; round < 6; round += 1) await send(telling, 'web-1', 'much');
  await caughtUp(telling);
  telling.clock.move(10_000);
  await receiver.until(1);
  const [told] = receiver.bodies;
  expect(Buffer.byteLength(receiver.received[0]?.body ?? '')).toBeLessThanOrEqual(65_536);
  expect(told?.data.events).toHaveLength(5);
  for (const { output } of told?.data.events ?? []) expect(output).toBe(`${'\u00fc'.repeat(1_023)}!`);
});

test('rules select by target, command and actor', async () => {
  await using receiver = await Receiver.open();
  const rules = rulesOf({ target: '@web' }, { target: 'env=prod' }, { actor: 'b*' }, { command: 'other' });
  await using telling = await openTelling(receiver, rules);
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await using _two = await openClient(telling.server, { name: 'db', labels: { env: 'prod' }, commands: [workCommand] });
  await send(telling, 'web-1', 'bad');
  await receiver.until(1);
  await send(telling, 'db', 'bad', 'bob');
  await receiver.until(3);
  const told = receiver.bodies.map(({ data }) => [(data as unknown as { rule: number }).rule, ...data.names]);
  expect(told.sort()).toEqual([
    [1, 'web-1'],
    [2, 'db'],
    [3, 'db'],
  ]);
});

test('a number of failures in succession is reported once, and so is the recovery', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ after: 3, groupInterval: '0s' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await using _two = await openClient(telling.server, { name: 'web-2', commands: [workCommand] });
  for (const text of ['bad', 'bad', 'good', 'bad', 'bad']) await send(telling, 'web-1', text);
  await send(telling, 'web-2', 'bad');
  await caughtUp(telling);
  expect(receiver.received).toHaveLength(0);
  for (const text of ['bad', 'bad', 'bad']) await send(telling, 'web-1', text);
  await receiver.until(1);
  expect(receiver.bodies[0]?.data).toMatchObject({ state: 'opened', count: 1, names: ['web-1'] });
  expect(receiver.bodies[0]?.data.text).toBe('work on web-1 failed (command_failed), 3 times in succession');
  for (const text of ['good', 'good']) await send(telling, 'web-1', text);
  await receiver.until(2);
  expect(receiver.bodies[1]?.data).toMatchObject({ state: 'closed', count: 1, names: ['web-1'] });
  await caughtUp(telling);
  expect(receiver.received).toHaveLength(2);
});

test('events that an earlier server had read, and events after its end, are reported by the next one', async () => {
  await using receiver = await Receiver.open();
  const rules = rulesOf({ groupWait: '1h' }, { after: 3 });
  const { path, clock } = await (async () => {
    await using telling = await openTelling(receiver, rules);
    await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
    await send(telling, 'web-1', 'bad');
    await send(telling, 'web-1', 'bad');
    await caughtUp(telling);
    await telling.notifier[Symbol.asyncDispose]();
    await send(telling, 'web-1', 'bad');
    return telling;
  })();
  await using telling = await openTelling(receiver, rules, { path, clock });
  await receiver.until(1);
  expect(receiver.bodies[0]?.data).toMatchObject({ state: 'opened', rule: 2 });
  await caughtUp(telling);
  clock.move(3_600_000);
  await receiver.until(2);
  expect(receiver.bodies[1]?.data).toMatchObject({ rule: 1, count: 3 });
});

test('events that --keep deleted before they were read are counted, and reported', async () => {
  await using receiver = await Receiver.open();
  const rules = rulesOf({});
  const { path, clock } = await (async () => {
    await using telling = await openTelling(receiver, rules);
    await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
    await caughtUp(telling);
    await telling.notifier[Symbol.asyncDispose]();
    for (let round = 0; round < 3; round += 1) await send(telling, 'web-1', 'bad');
    while ((await telling.store.prune({ settledBeforeMs: Date.now() + 1_000, maxBytes: 1e12 })) > 0);
    return telling;
  })();
  await using telling = await openTelling(receiver, rules, { path, clock });
  await receiver.until(1);
  const [told] = receiver.bodies;
  expect(told).toMatchObject({ type: 'notify.missed' });
  expect(telling.notifier.missed).toBe(told?.data.count);
  expect(told?.data.text).toMatch(/^\d+ events were deleted from the log before notifications read them/);
  expect(telling.warnings).toEqual([told?.data.text]);
});

test('a client that stays away is reported as gone, once', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(
    receiver,
    rulesOf({ on: ['client.gone', 'client.joined'], outcome: undefined, groupInterval: '0s' }),
  );
  {
    await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
    await receiver.until(1);
  }
  await telling.server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  await caughtUp(telling);
  telling.clock.move(Date.now() + 61_000 - telling.clock.now());
  await receiver.until(2);
  expect(receiver.bodies.map(({ type, data }) => [type, data.names])).toEqual([
    ['client.joined', ['web-1']],
    ['client.gone', ['web-1']],
  ]);
});

test('a silence suppresses matching messages until it ends', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ groupInterval: '0s' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await using _two = await openClient(telling.server, { name: 'web-2', commands: [workCommand] });
  await caughtUp(telling);
  const { notifier, clock } = telling;
  const filter = { target: 'web-1', on: 'job.*' };
  await notifier.silences.put({ filter, actor: 'ann', atMs: clock.now(), untilMs: clock.now() + 1_000 });
  await send(telling, 'all', 'bad');
  await receiver.until(1);
  expect(receiver.bodies[0]?.data.names).toEqual(['web-2']);
  expect(notifier.ledger.silenced).toBe(1);
  clock.move(1_000);
  await send(telling, 'web-1', 'bad');
  await receiver.until(2);
  expect(receiver.bodies[1]?.data.names).toEqual(['web-1']);
});

test('reloaded rules and channels apply from then on; messages held under other rules are sent at once', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ groupWait: '1h' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await send(telling, 'all', 'bad');
  await caughtUp(telling);
  await telling.notifier.replace({
    rules: rulesOf({ on: ['client.joined'], outcome: undefined }),
    channels: telling.channels,
  });
  await receiver.until(1);
  expect(receiver.bodies[0]).toMatchObject({ type: 'job.settled', data: { count: 1 } });
  await send(telling, 'all', 'bad');
  await using _two = await openClient(telling.server, { name: 'web-2', commands: [workCommand] });
  await receiver.until(2);
  expect(receiver.bodies[1]).toMatchObject({ type: 'client.joined', data: { names: ['web-2'] } });
});

test('a channel that fails is retried, and delays no job', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = status(500);
  await using telling = await openTelling(receiver, rulesOf({ groupInterval: '0s' }));
  await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
  await send(telling, 'all', 'bad');
  await receiver.until(1);
  await send(telling, 'all', 'good');
  await telling.clock.asleep(4_000, 6_000);
  receiver.answer = status(200);
  telling.clock.move(6_000);
  await receiver.until(2);
  expect(receiver.received[1]?.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
  expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
});

test('labels of clients are known to later rules and silences', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ command: 'other', groupInterval: '0s' }));
  const { notifier, clock, channels } = telling;
  await caughtUp(telling);
  await using _one = await openClient(telling.server, { name: 'db', labels: { env: 'prod' }, commands: [workCommand] });
  await caughtUp(telling);
  await notifier.replace({ rules: rulesOf({ target: 'env=prod', groupInterval: '0s' }), channels });
  await send(telling, 'db', 'bad');
  const first = () => [...notifier.outbox.messages.values()][0]?.deliveries.ops?.state;
  await expect.poll(first, { timeout: 30_000 }).toBe('delivered');
  await notifier.replace({ rules: rulesOf({ groupInterval: '0s' }), channels });
  await using _two = await openClient(telling.server, {
    name: 'db2',
    labels: { env: 'prod' },
    commands: [workCommand],
  });
  await caughtUp(telling);
  await notifier.silence({
    ...{ filter: { target: 'env=prod' }, actor: 'ann' },
    ...{ atMs: clock.now(), untilMs: clock.now() + 1_000 },
  });
  await send(telling, 'db2', 'bad');
  await caughtUp(telling);
  expect(notifier.ledger.silenced).toBe(1);
  expect(receiver.bodies.map(({ data }) => data.names)).toEqual([['db']]);
});

test('labels are read when an event needs them, once for all clients that have joined', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ target: 'env=prod', groupWait: '10s' }));
  await caughtUp(telling);
  const { server } = telling;
  const clients = server.clients.bind(server);
  let reads = 0;
  server.clients = () => {
    reads += 1;
    return clients();
  };
  await using stack = new AsyncDisposableStack();
  for (const name of ['a', 'b', 'c', 'd'])
    stack.use(await openClient(server, { name, labels: { env: 'prod' }, commands: [workCommand] }));
  const joined = () => server.told.of('client.joined').map(({ seq = Number.POSITIVE_INFINITY }) => seq);
  await expect.poll(() => joined().length, { timeout: 30_000 }).toBe(4);
  await expect.poll(() => telling.notifier.position, { timeout: 30_000 }).toBeGreaterThanOrEqual(Math.max(...joined()));
  reads = 0;
  for (let round = 0; round < 3; round += 1) await send(telling, 'all', 'bad');
  await caughtUp(telling);
  expect(reads).toBe(1);
  telling.clock.move(10_000);
  await receiver.until(1);
  expect(receiver.bodies[0]?.data).toMatchObject({ count: 12, names: expect.arrayContaining(['a', 'b', 'c', 'd']) });
});

test('a clock that is set back delays no message', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(
    receiver,
    rulesOf({ groupInterval: '5m' }, { on: ['client.gone'], outcome: undefined }),
  );
  const { clock } = telling;
  {
    await using _one = await openClient(telling.server, { name: 'web-1', commands: [workCommand] });
    await send(telling, 'web-1', 'bad');
    await receiver.until(1);
    clock.setBack(365 * 86_400_000);
    await send(telling, 'web-1', 'bad');
    await receiver.until(2);
  }
  await telling.server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
  await caughtUp(telling);
  const later = () => {
    clock.move(10_000);
    return receiver.received.length;
  };
  await expect.poll(later, { timeout: 10_000 }).toBe(3);
  expect(receiver.bodies.map(({ type }) => type)).toEqual(['job.settled', 'job.settled', 'client.gone']);
});

test('a message mentions further events only if there are any', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, rulesOf({ groupWait: '10s' }));
  await using stack = new AsyncDisposableStack();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    stack.use(await openClient(telling.server, { name, commands: [workCommand] }));
  for (let round = 0; round < 6; round += 1) await send(telling, 'a', 'bad');
  for (const name of ['b', 'c', 'd', 'e', 'f']) await send(telling, name, 'bad');
  await caughtUp(telling);
  telling.clock.move(10_000);
  await receiver.until(1);
  expect(receiver.bodies[0]?.data).toMatchObject({
    ...{ text: '11 × work failed: a, b, c, d, e and others', names: ['a', 'b', 'c', 'd', 'e'] },
  });
});
