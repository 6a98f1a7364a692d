import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Call, createServer, type Event, type EventReader, type Interceptor, ping } from '../../src/index.ts';
import { openClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';

type Next = (call: Call) => Promise<unknown>;

/** A server whose interceptor does this at each call of `watch`. */
async function open(watched: (call: Call, next: Next) => Promise<unknown>) {
  const interceptor: Interceptor = (call, next) => (call.method === 'watch' ? watched(call, next) : next(call));
  return await createServer({ bind: 'tcp://127.0.0.1:*', commands: [ping], interceptors: [interceptor] });
}

/** The unacknowledged jobs that a client reports when it leaves after answering a ping; none if no reader remains. */
async function unackedAt(server: Awaited<ReturnType<typeof open>>) {
  const client = await openClient(server);
  await server.waitForClients(1);
  await (await server.submit('w1', ping, {})).outcomes;
  await client.close();
  return client.told.of('left');
}

const isDone = { done: true, value: undefined };

test('a reader whose signal aborts, or that leaves, stops waiting for an interceptor that never settles', async () => {
  await using server = await open(() => new Promise(() => {}));
  const stop = new AbortController();
  const stopped = server.watch({ signal: stop.signal }).next();
  stop.abort();
  expect(await stopped).toEqual(isDone);
  expect(await server.watch({ signal: AbortSignal.abort() }).next()).toEqual(isDone);
  const left = server.watch();
  const asked = left.next();
  await left.return?.();
  expect(await asked).toEqual(isDone);
  expect(await unackedAt(server)).toEqual([]);
});

test.for<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['another object', {}],
])('an interceptor that lets watch through and returns %s refuses it: no ack is kept', async ([, given]) => {
  await using server = await open(async (call, next) => {
    await next(call);
    return given;
  });
  const reader = server.watch();
  await expect(reader.next()).rejects.toThrow(refusal('bad_usage'));
  await reader.return?.();
  expect(await unackedAt(server)).toEqual([]);
});

/** Only the events of jobs. */
async function* ofJobs(reader: EventReader): AsyncGenerator<Event> {
  for await (const event of reader) if (event.type.startsWith('job.')) yield event;
}

const filtering = async (call: Call, next: Next) => ofJobs((await next(call)) as EventReader);

test('an interceptor can filter events with an async generator, and the yielded events can be held', async () => {
  await using server = await open(filtering);
  const reader = server.watch();
  const client = await openClient(server);
  await server.waitForClients(1);
  await server.submit('w1', ping, {});
  const types: string[] = [];
  for (;;) {
    const { value } = await reader.next();
    types.push(value?.type ?? 'none');
    if (value?.type === 'job.settled') break;
  }
  expect(types).toEqual(['job.submitted', 'job.accepted', 'job.settled']);
  reader.hold();
  const asked = reader.next();
  await client.close();
  expect(client.told.of('left')).toMatchObject([{ unacked: 1 }]);
  await reader.return?.();
  expect(await asked).toEqual(isDone);
});

test('a filter from which no event was requested holds back no ack when its reader leaves', async () => {
  await using server = await open(filtering);
  const reader = server.watch();
  await nextTurn();
  await reader[Symbol.asyncDispose]();
  expect(await unackedAt(server)).toEqual([]);
});
