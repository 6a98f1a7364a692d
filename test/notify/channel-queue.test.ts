import { expect, test } from 'vitest';
import { createWebhook } from '../../src/notify/channels/webhook.ts';
import type { Message } from '../../src/notify/message.ts';
import { Outbox } from '../../src/notify/outbox.ts';
import type { Channel } from '../../src/plugin/channel.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';
import { Changes } from '../support/changes.ts';
import { MovedClock } from './support/moved-clock.ts';
import { Receiver, secret, status } from './support/receiver.ts';

const hourMs = 3_600_000;

function openOutbox(clock: MovedClock, collections = createMemoryCollections()) {
  const changes = new Changes();
  const collection = collections<Message>('messages');
  const outbox = new Outbox({ collection, clock, random: () => 0.5, onAttempt: () => queueMicrotask(changes.tell) });
  const until = (id: string, channel: string, state: string) =>
    changes.until(() => outbox.messages.get(id)?.deliveries[channel]?.state === state);
  return Object.assign(outbox, { until });
}

const messageOf = (id: string, clock: MovedClock, ...to: string[]): Message => ({
  ...{ id, body: JSON.stringify({ type: 'job.settled', data: { id } }), event: 'job.settled', text: id, count: 1 },
  ...{ createdAtMs: clock.now(), group: 'g', token: '1', seq: 1 },
  deliveries: Object.fromEntries(to.map((name) => [name, { state: 'waiting' as const, attempts: 0 }])),
});
const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);

test('a dead channel delays no other; when it is back it gets every message, unchanged', async () => {
  await using good = await Receiver.open();
  const bad = await Receiver.open();
  const { port, url } = bad;
  await bad[Symbol.asyncDispose]();
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  await outbox.replace(
    new Map([
      ['good', createWebhook({ url: good.url, secret })],
      ['bad', createWebhook({ url, secret })],
    ]),
  );
  await outbox.add(messageOf('m1', clock, 'bad', 'good'));
  await clock.asleep(5_000, 5_000);
  await outbox.add(messageOf('m2', clock, 'bad', 'good'));
  await outbox.until('m2', 'good', 'delivered');
  expect(idsOf(good)).toEqual(['m1', 'm2']);
  clock.move(5_000);
  // Twice as long.
  await clock.asleep(10_000, 10_000);
  clock.move(hourMs);
  await clock.asleep(20_000, 20_000);
  expect(outbox.states.find(({ name }) => name === 'bad')).toMatchObject({ waiting: 2, failures: 3 });
  await using back = await Receiver.open(port);
  clock.move(20_000);
  await outbox.until('m1', 'bad', 'delivered');
  await outbox.until('m2', 'bad', 'delivered');
  expect(idsOf(back).sort()).toEqual(['m1', 'm2']);
  expect(back.received.map(({ body }) => body).sort()).toEqual(good.received.map(({ body }) => body).sort());
});

test('a rejected message is retried after the others', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = (response, { headers }) =>
    status(headers['webhook-id'] === 'm1' ? 500 : 200)(response, receiver.received[0] as never);
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  await outbox.replace(new Map([['ops', createWebhook({ url: receiver.url, secret })]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  await clock.asleep(5_000, 5_000);
  await outbox.add(messageOf('m2', clock, 'ops'));
  clock.move(5_000);
  await outbox.until('m2', 'ops', 'delivered');
  expect(outbox.messages.get('m1')?.deliveries.ops).toMatchObject({ state: 'waiting', error: 'it answered 500' });
});

test('after a day it is given up, with the reason', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = status(500);
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  await outbox.replace(new Map([['ops', createWebhook({ url: receiver.url, secret })]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  let waits = 0;
  for (let passedMs = 0; passedMs < 24 * hourMs; waits += 1) {
    const waitMs = await clock.asleep(1, hourMs);
    passedMs += waitMs;
    clock.move(waitMs);
    await receiver.until(waits + 2);
  }
  await outbox.until('m1', 'ops', 'given-up');
  expect(outbox.messages.get('m1')?.deliveries.ops).toMatchObject({ attempts: waits + 1, error: 'it answered 500' });
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

test('a receiver that answers 410 gets nothing more until the channels are reloaded', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = status(410);
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  const channels = new Map([['ops', createWebhook({ url: receiver.url, secret })]]);
  await outbox.replace(channels);
  await outbox.add(messageOf('m1', clock, 'ops'));
  await outbox.add(messageOf('m2', clock, 'ops'));
  await outbox.until('m1', 'ops', 'given-up');
  await outbox.until('m2', 'ops', 'given-up');
  expect(receiver.received).toHaveLength(1);
  expect(outbox.states).toMatchObject([{ closed: 'it answered 410 (gone)' }]);
  receiver.answer = status(200);
  await outbox.replace(channels);
  await outbox.add(messageOf('m3', clock, 'ops'));
  await outbox.until('m3', 'ops', 'delivered');
});

test('the next server continues with pending messages, and gives up those whose channel no longer exists', async () => {
  await using receiver = await Receiver.open();
  const clock = new MovedClock();
  const collections = createMemoryCollections();
  await collections('messages').putIfAbsent('m1', messageOf('m1', clock, 'ops', 'gone'));
  await using outbox = openOutbox(clock, collections);
  await outbox.load();
  await outbox.replace(new Map([['ops', createWebhook({ url: receiver.url, secret })]]));
  await outbox.until('m1', 'ops', 'delivered');
  expect(outbox.messages.get('m1')?.deliveries.gone).toMatchObject({
    state: 'given-up',
    error: 'there is no channel gone',
  });
});

/** A channel that counts its messages; the test decides when one of its attempts ends. */
function holding() {
  const sent: string[] = [];
  const released = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const channel: Channel = {
    about: 'holding',
    async send({ id }) {
      sent.push(id);
      began.resolve();
      if (sent.length === 1) await released.promise;
    },
  };
  return { channel, sent, began: began.promise, release: () => released.resolve() };
}

test('a message that arrives while channels are replaced waits for them', async () => {
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  const { channel, sent, began, release } = holding();
  await outbox.replace(new Map([['ops', channel]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  await began;
  const replaced = outbox.replace(new Map([['ops', channel]]));
  await outbox.add(messageOf('m2', clock, 'ops'));
  release();
  await replaced;
  await outbox.until('m2', 'ops', 'delivered');
  expect(sent).toEqual(['m1', 'm2']);
});

test('channels that are replaced twice at once send nothing twice', async () => {
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  const { channel, sent, began, release } = holding();
  await outbox.replace(new Map([['ops', channel]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  await began;
  const replaced = [outbox.replace(new Map([['ops', channel]])), outbox.replace(new Map([['ops', channel]]))];
  release();
  await Promise.all(replaced);
  await outbox.add(messageOf('m2', clock, 'ops'));
  await outbox.until('m2', 'ops', 'delivered');
  expect(sent).toEqual(['m1', 'm2']);
});

test('beyond 10,000 pending messages the oldest is given up, and a dead channel does not fill the memory', async () => {
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  const dead: Channel = { about: 'dead', send: () => Promise.reject(new Error('dead')) };
  await outbox.replace(new Map([['ops', dead]]));
  for (let at = 0; at <= 10_000; at += 1) await outbox.add(messageOf(`m${at}`, clock, 'ops'));
  await outbox.until('m0', 'ops', 'given-up');
  expect(outbox.messages.get('m0')?.deliveries.ops?.error).toBe('more than 10,000 messages were waiting');
  expect(outbox.states).toMatchObject([{ waiting: 10_000 }]);
});

test('a clock that is set back delays no attempt beyond the longest back-off', async () => {
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  let isDead = true;
  const channel: Channel = { about: 'x', send: () => (isDead ? Promise.reject(new Error('dead')) : Promise.resolve()) };
  await outbox.replace(new Map([['ops', channel]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  await clock.asleep(5_000, 5_000);
  isDead = false;
  clock.setBack(365 * 24 * hourMs);
  clock.move(5_000);
  await outbox.until('m1', 'ops', 'delivered');
});

test('the reason of a failed attempt is one short line without control characters', async () => {
  const clock = new MovedClock();
  await using outbox = openOutbox(clock);
  const said = `\x1b[31mno\r\n\u2028${'x'.repeat(10_000)}`;
  await outbox.replace(new Map([['ops', { about: 'x', send: () => Promise.reject(new Error(said)) }]]));
  await outbox.add(messageOf('m1', clock, 'ops'));
  await clock.asleep(5_000, 5_000);
  const error = outbox.messages.get('m1')?.deliveries.ops?.error ?? '';
  expect(error).toMatch(/^\[31mno x+$/);
  expect(error).toHaveLength(300);
});
