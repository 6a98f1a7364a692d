// Over 250 lines: one class, whose tests share the bus and the events created at the top.
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Event, Unstamped } from '../../src/jobs/events.ts';
import { FaultReports } from '../../src/plugin/fault-reports.ts';
import type { EventReader } from '../../src/plugin/job-service.ts';
import { EventBus } from '../../src/server/event-bus.ts';

const openBus = () => new EventBus([], new FaultReports(() => {}));

const settled = (id: string): Unstamped => ({
  type: 'job.settled',
  id,
  number: 1,
  client: 'w1',
  command: 'ping',
  outcome: 'completed',
});
const progress = (id: string, fraction: number): Unstamped => ({
  type: 'job.progress',
  id,
  number: 1,
  client: 'w1',
  command: 'calculate',
  fraction,
});

const deliver = (bus: EventBus, event: Unstamped, taken: () => void) =>
  bus.deliver({ ...event, ...bus.stamp(event.type) } as Event, taken);

/** Emits an event with this name, and records the name when the event is taken. */
function emitter(bus: EventBus) {
  const taken: string[] = [];
  const emit = (id: string) => deliver(bus, settled(id), () => taken.push(id));
  return { taken, emit };
}

const idOf = ({ value }: IteratorResult<Event, void>): string | undefined =>
  value && 'id' in value ? value.id : undefined;

/** All pending events and no more, because its server has ended. */
async function drain(bus: EventBus, reader: EventReader): Promise<Event[]> {
  bus.close();
  const events: Event[] = [];
  for await (const event of reader) events.push(event);
  return events;
}

test('an event is taken when the next one is requested, in order', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  for (const id of ['a', 'b']) emit(id);
  expect(idOf(await reader.next())).toBe('a');
  expect(taken).toEqual([]);
  expect(idOf(await reader.next())).toBe('b');
  expect(taken).toEqual(['a']);
  const third = reader.next();
  expect(taken).toEqual(['a', 'b']);
  emit('c');
  expect(idOf(await third)).toBe('c');
  expect(taken).toEqual(['a', 'b']);
});

test('a held event is taken when its function is called, once, and never otherwise', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  for (const id of ['a', 'b', 'c']) emit(id);
  await reader.next();
  const take = reader.hold();
  await reader.next();
  reader.hold();
  await reader.next();
  expect(taken).toEqual([]);
  take();
  take();
  expect(taken).toEqual(['a']);
  await reader[Symbol.asyncDispose]();
  expect(taken).toEqual(['a', 'c']);
});

test('hold without a current event has no effect', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  reader.hold()();
  emit('a');
  await reader.next();
  await reader[Symbol.asyncDispose]();
  reader.hold()();
  expect(taken).toEqual(['a']);
});

test('without readers an event is taken at once', () => {
  const { taken, emit } = emitter(openBus());
  emit('a');
  expect(taken).toEqual(['a']);
});

test('with several readers an event is taken when each reader has taken it or has left', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const [one, two, three] = [bus.read(), bus.read(), bus.read()];
  emit('a');
  await one.next();
  void one.next();
  await two.next();
  expect(taken).toEqual([]);
  await two[Symbol.asyncDispose]();
  expect(taken).toEqual([]);
  // It has not requested any event yet.
  await three[Symbol.asyncDispose]();
  expect(taken).toEqual(['a']);
});

test('a reader that leaves a loop has taken the events so far and gets no more; leaving twice is allowed', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  for (const id of ['a', 'b', 'c']) emit(id);
  for await (const _ of reader) break;
  expect(taken).toEqual(['a', 'b', 'c']);
  emit('d');
  expect(taken).toEqual(['a', 'b', 'c', 'd']);
  await reader[Symbol.asyncDispose]();
  expect(await reader.next()).toEqual({ value: undefined, done: true });
  expect(bus.isHeard).toBe(false);
});

test('a signal ends a waiting loop, and an aborted one prevents a loop; no listener remains', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const aborting = new AbortController();
  const reader = bus.read({ signal: aborting.signal });
  const waiting = reader.next();
  aborting.abort();
  expect(await waiting).toEqual({ value: undefined, done: true });
  emit('a');
  expect(taken).toEqual(['a']);
  expect(await bus.read({ signal: aborting.signal }).next()).toEqual({ value: undefined, done: true });
  expect(bus.isHeard).toBe(false);
});

test('when the server has ended, pending events are delivered, then the loop ends; a later reader gets nothing', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  for (const id of ['a', 'b']) emit(id);
  const events = await drain(bus, reader);
  expect(events.map((event) => 'id' in event && event.id)).toEqual(['a', 'b']);
  expect(taken).toEqual(['a', 'b']);
  expect(await bus.read().next()).toEqual({ value: undefined, done: true });
});

test('a loop that ends with its server leaves no listener on its signal, even if next is never called again', async () => {
  const bus = openBus();
  const { signal } = new AbortController();
  const [waiting, unread] = [bus.read({ signal }), bus.read({ signal })];
  const asked = waiting.next();
  bus.close();
  expect(await asked).toEqual({ value: undefined, done: true });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(await unread.next()).toEqual({ value: undefined, done: true });
});

test('concurrent calls of next are answered in order, each takes the event before, and the end answers all of them', async () => {
  const bus = openBus();
  const { taken, emit } = emitter(bus);
  const reader = bus.read();
  const asked = [reader.next(), reader.next(), reader.next(), reader.next()];
  for (const id of ['a', 'b', 'c']) emit(id);
  bus.close();
  expect((await Promise.all(asked)).map(idOf)).toEqual(['a', 'b', 'c', undefined]);
  expect(taken).toEqual(['a', 'b']);
  await reader.next();
  expect(taken).toEqual(['a', 'b', 'c']);
});

test('only the newest progress of each job waits; all outcomes and output do', async () => {
  const bus = openBus();
  const reader = bus.read();
  for (let at = 1; at <= 100; at += 1) for (const id of ['a', 'b']) bus.emit(progress(id, at / 100));
  bus.emit(settled('a'));
  bus.emit(progress('b', 1));
  const events = await drain(bus, reader);
  expect(events).toMatchObject([
    { type: 'job.progress', id: 'a', fraction: 1 },
    { type: 'job.settled', id: 'a' },
    { type: 'job.progress', id: 'b', fraction: 1 },
  ]);
});

const error = { code: 'not_allowed', message: 'no' } as const;
const times = 60_000;

test.for<[string, (at: number) => Unstamped]>([
  ['refusals of one client', () => ({ type: 'client.refused', client: 'w1', error })],
  ['refusals of as many clients', (at) => ({ type: 'client.refused', client: `w${at}`, error })],
  ['refusals of as many addresses', (at) => ({ type: 'client.refused', address: `10.0.0.${at}`, error })],
  ['handshakes', (at) => ({ type: 'client.handshake', address: `10.0.0.${at}`, allowed: false })],
  ['states', (at) => ({ type: 'client.state', client: 'w1', state: at % 2 ? 'ready' : 'unready' })],
  ['joins', (at) => ({ type: 'client.joined', client: `w${at}`, bootId: 'b', host: 'h', pid: 1 })],
  ['violations', (at) => ({ type: 'client.violation', client: `w${at}`, code: 'busy', reason: 'too much' })],
])(
  'a flood of %s fills no memory behind a reader that does not read, and each refusal is counted',
  async ([, make]) => {
    const bus = openBus();
    const reader = bus.read();
    for (let at = 0; at < times; at += 1) bus.emit(make(at));
    bus.emit(settled('last'));
    const events = await drain(bus, reader);
    expect(events.length).toBeLessThanOrEqual(21_100);
    expect(events.at(-1)).toMatchObject({ type: 'job.settled', id: 'last' });
    const refusals = events.filter((event) => event.type === 'client.refused');
    if (refusals.length > 0) expect(refusals.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(times);
  },
);

test('aggregated refusals of several sources name none of the sources', async () => {
  const bus = openBus();
  const reader = bus.read();
  for (let at = 0; at < 30_000; at += 1) bus.emit({ type: 'client.refused', client: `w${at}`, error });
  const [last, ...others] = (await drain(bus, reader)).reverse();
  expect(last).toMatchObject({ type: 'client.refused', times: expect.any(Number) });
  expect(last && 'client' in last).toBe(false);
  expect(others.every((event) => 'client' in event)).toBe(true);
});

test('every event is taken once, after each reader has received it or left, whatever is done with readers', async () => {
  const step = fc.oneof(
    fc.constant({ do: 'emit' } as const),
    fc.record({ do: fc.constantFrom('next', 'hold', 'leave', 'take'), at: fc.nat(2) } as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const bus = openBus();
      const readers = [bus.read(), bus.read(), bus.read()];
      const held: (() => void)[] = [];
      const taken: number[] = [];
      let emitted = 0;
      for (const one of steps) {
        if (one.do === 'emit') {
          const id = emitted++;
          deliver(bus, settled(`${id}`), () => taken.push(id));
          continue;
        }
        const reader = readers[one.at];
        if (one.do === 'next') void reader?.next();
        else if (one.do === 'hold') held.push(reader?.hold() ?? (() => {}));
        else if (one.do === 'leave') await reader?.[Symbol.asyncDispose]();
        else held.shift()?.();
        expect(new Set(taken).size).toBe(taken.length);
      }
      for (const reader of readers) await reader[Symbol.asyncDispose]();
      for (const take of held) take();
      expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: emitted }, (_, at) => at));
    }),
  );
});

test('numbers of numbered events rise by one, and every event has its time', async () => {
  const bus = openBus();
  const reader = bus.read();
  for (const event of [settled('a'), progress('a', 0.5), settled('b'), { type: 'allow-list' } as const])
    bus.emit(event);
  const events = await drain(bus, reader);
  expect(events.map((event) => ('seq' in event ? event.seq : undefined))).toEqual([1, undefined, 2, 3]);
  expect(events.every(({ atMs }) => Number.isInteger(atMs))).toBe(true);
});
