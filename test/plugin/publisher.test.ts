import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { ServerEvent } from '../../src/jobs/events.ts';
import { Publisher } from '../../src/plugin/publisher.ts';

const event: ServerEvent = { type: 'accepted', id: 'aaaaaaaa.1', client: 'w1', command: 'ping' };

test('an event that nobody is told of is written at once', () => {
  const written = vi.fn();
  new Publisher().publish(event, written);
  expect(written).toHaveBeenCalledTimes(1);
});

test('an event is written when the last listener has written it', async () => {
  const publisher = new Publisher();
  const writes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const { promise } of writes) publisher.subscribe(() => promise);
  publisher.subscribe(() => {});
  const written = vi.fn();
  publisher.publish(event, written);
  writes[1]?.resolve();
  await nextTurn();
  expect(written).not.toHaveBeenCalled();
  writes[0]?.resolve();
  await nextTurn();
  expect(written).toHaveBeenCalledTimes(1);
});

test('an event that one listener cannot write is never written, whatever the others do', async () => {
  const publisher = new Publisher();
  publisher.subscribe(() => Promise.reject(new Error('disk full')));
  publisher.subscribe(() => Promise.resolve());
  publisher.subscribe(() => {});
  const written = vi.fn();
  publisher.publish(event, written);
  await nextTurn();
  expect(written).not.toHaveBeenCalled();
});

test('a listener that has unsubscribed is told nothing more', () => {
  const publisher = new Publisher();
  const [one, other] = [vi.fn(), vi.fn()];
  const unsubscribe = publisher.subscribe(one);
  publisher.subscribe(other);
  unsubscribe();
  publisher.publish(event);
  expect([one.mock.calls, other.mock.calls]).toStrictEqual([[], [[event]]]);
});
