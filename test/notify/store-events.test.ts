import { expect, test } from 'vitest';
import { createWebhook } from '../../src/notify/channels/webhook.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { createRules } from '../../src/notify/rule.ts';
import { openClient, openServer } from '../support/library.ts';
import { type Fate, ScriptedStore } from '../support/scripted-store.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';
import { MovedClock } from './support/moved-clock.ts';
import { Receiver, secret, status } from './support/receiver.ts';

const events = ['store.unavailable', 'store.full', 'store.recovered'];

async function openTelling(receiver: Receiver, on: readonly string[] = events) {
  await using stack = new AsyncDisposableStack();
  const store = new ScriptedStore();
  const server = stack.use(await openServer({ store, commands: [stepwise] }));
  const clock = new MovedClock();
  const notifier = stack.use(
    new Notifier({ server, log: store, groups: new Map(), lostAfterMs: 60_000, clock, warn: () => {} }),
  );
  const rules = createRules([{ on: [...on], to: ['ops'] }], new Map());
  notifier.start({ rules, channels: new Map([['ops', createWebhook({ url: receiver.url, secret })]]) });
  stack.use(await openClient(server, { name: 'w1', commands: [createSteps().implementation] }));
  const { next } = await store.events(1, 1);
  await expect.poll(() => notifier.position, { interval: 5 }).toBeGreaterThanOrEqual(next - 1);
  /** The results of the next batches; the first one is that of a job. */
  const meet = async (fate: Fate) => {
    store.fateOf = () => fate;
    await server.submit('w1', stepwise, { label: 'x' }).catch(() => {});
  };
  const all = stack.move();
  return { server, store, clock, notifier, meet, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('a full store and one that does not answer are reported from memory, and so is their recovery', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver);
  await telling.meet('refused');
  await receiver.until(1);
  telling.store.fateOf = () => 'done';
  await receiver.until(2);
  await telling.meet('vanished');
  await receiver.until(3);
  telling.store.fateOf = () => 'done';
  await receiver.until(4);
  expect(receiver.bodies.map(({ type, data }) => [type, data.text, data.count])).toEqual([
    ['store.full', 'the store is full', 1],
    ['store.recovered', 'the store works again', 1],
    ['store.unavailable', 'the store is unavailable', 1],
    ['store.recovered', 'the store works again', 1],
  ]);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
  // None of it was kept back, and the log repeats none of it.
  expect([...telling.notifier.outbox.messages.values()]).toEqual([]);
});

test('only events that a rule names are reported', async () => {
  await using receiver = await Receiver.open();
  await using telling = await openTelling(receiver, ['store.recovered']);
  await telling.meet('refused');
  telling.store.fateOf = () => 'done';
  await receiver.until(1);
  expect(receiver.bodies.map(({ type }) => type)).toEqual(['store.recovered']);
});

test('a channel that fails is tried three times', async () => {
  await using receiver = await Receiver.open();
  receiver.answer = status(500);
  await using telling = await openTelling(receiver, ['store.full']);
  await telling.meet('refused');
  const later = () => {
    telling.clock.move(5_000);
    return receiver.received.length;
  };
  await expect.poll(later).toBe(3);
  later();
  await telling.meet('done');
  expect(receiver.received).toHaveLength(3);
});
