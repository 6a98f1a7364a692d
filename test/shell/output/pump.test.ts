import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../../schemas/index.ts';
import { QueuedReader } from '../../../src/plugin/event-reader.ts';
import type { Event } from '../../../src/plugin/observer.ts';
import { EventPump } from '../../../src/shell/output/pump.ts';
import { stamped } from '../../support/stamped.ts';

const settled = (client: string): Event =>
  stamped({
    type: 'job.settled',
    id: 'boot.1',
    number: 1,
    client,
    command: 'ping',
    outcome: 'completed',
    result: null,
  });

/** A pump, the calls to its output, and the jobs whose outcomes have been taken. */
function open({ isOfOurs }: { isOfOurs?: (client: string) => boolean } = {}) {
  const reader = new QueuedReader(() => {});
  const writes: PromiseWithResolvers<void>[] = [];
  const order: string[] = [];
  const taken: string[] = [];
  const output = {
    event(event: Event) {
      order.push(`output ${event.type}`);
      if (event.type !== 'job.settled') return undefined;
      const written = Promise.withResolvers<void>();
      writes.push(written);
      return written.promise;
    },
    error: () => {},
  };
  const events = new EventPump({ watch: () => reader }, output, isOfOurs && { isOfOurs });
  events.listen((event) => void order.push(`listener ${event.type}`));
  const offer = async (...given: Event[]) => {
    for (const event of given) {
      const name = 'client' in event ? event.client : undefined;
      reader.offer(event, () => void taken.push(name ?? event.type));
    }
    await nextTurn();
  };
  return { reader, events, writes, order, taken, offer };
}

test('an outcome is taken when it has been written, without waiting for later output', async () => {
  const { writes, taken, order, offer } = open();
  await offer(settled('w1'), settled('w2'), stamped({ type: 'allow-list' }));
  expect(taken).toEqual(['allow-list']);
  expect(order.filter((one) => one.startsWith('output'))).toHaveLength(3);
  writes[1]?.resolve();
  await nextTurn();
  expect(taken).toEqual(['allow-list', 'w2']);
});

test('an outcome that cannot be written is never taken: its client keeps it', async () => {
  const { writes, taken, offer, reader, events } = open();
  await offer(settled('w1'));
  writes[0]?.reject(new Error('the pipe is broken'));
  await offer(stamped({ type: 'allow-list' }));
  reader.end();
  await events.over;
  expect(taken).toEqual(['allow-list']);
});

test('a listener gets an event after the output', async () => {
  const { order, offer } = open();
  await offer(stamped({ type: 'allow-list' }), settled('w1'));
  expect(order).toEqual(['output allow-list', 'listener allow-list', 'output job.settled', 'listener job.settled']);
});

test('nothing is shown at the end: own clients may forget outcomes, others keep them', async () => {
  const { events, order, taken, offer } = open({ isOfOurs: (client) => client === 'own' });
  events.end();
  await offer(settled('own'), settled('other'));
  expect(taken).toEqual(['own']);
  expect(order.filter((one) => one.startsWith('output'))).toEqual([]);
});

test('a watch that is refused is shown as an error', async () => {
  const errors: string[] = [];
  const reader = new QueuedReader(() => {});
  reader.next = () => Promise.reject(new SignalboxError('not_allowed', 'nobody may watch'));
  const output = { event: () => undefined, error: ({ code }: { code: string }) => void errors.push(code) };
  await new EventPump({ watch: () => reader }, output).over;
  expect(errors).toEqual(['not_allowed']);
});
