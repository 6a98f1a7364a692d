import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import type { Event, EventReader, LoggedEvent } from '../../src/index.ts';
import { FaultReports } from '../../src/plugin/fault-reports.ts';
import { EventBus } from '../../src/server/event-bus.ts';
import type { JobStore } from '../../src/store/job-store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { freePort } from '../support/free-port.ts';
import { openServer, startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { ScriptedStore } from '../support/scripted-store.ts';

/** Reads numbered events until there are this many. */
async function take(reader: EventReader, count: number): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of reader) {
    if ('seq' in event) events.push(event);
    if (events.length === count) break;
  }
  return events;
}

const seqs = (events: readonly Event[]) => events.map((event) => ('seq' in event ? event.seq : undefined));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** Sends this many pings, one after the other, with three events each. */
async function pings(server: Awaited<ReturnType<typeof openServer>>, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await (await server.submit('w1', ping, {})).outcomes;
}

test('a reader resumes from a number across restarts of the server, without gaps and duplicates', async () => {
  const folder = newFolder();
  const bind = `tcp://127.0.0.1:${await freePort()}`;
  const path = `${folder}/store.db`;
  const seen: Event[] = [];
  let logged: readonly LoggedEvent[] = [];
  await using _ = await startClient({ endpoint: bind });
  for (let round = 0; round < 3; round += 1) {
    await using store = await openSqliteStore({ path });
    await using server = await openServer({ bind, store });
    await server.waitForClients(1);
    const from = seen.length + 1;
    await pings(server, 4);
    // Some of the events that it reads were reported before it came, some later.
    const reader = server.watch({ from });
    seen.push(...(await take(server.watch({ from }), 3)));
    await pings(server, 2);
    const { next } = await store.events(1, 1);
    const rest = await take(reader, next - from);
    seen.push(...rest.slice(3));
    logged = (await store.events(1, 1_000)).events;
  }
  expect(seqs(seen)).toEqual(upTo(seen.length));
  expect(seen).toEqual(logged.slice(0, seen.length));
  expect(seen.filter(({ type }) => type === 'job.settled')).toHaveLength(18);
});

test('a reader gets the same events as the log has, even if jobs end while it catches up', async () => {
  const store = new ScriptedStore(createMemoryStore());
  await using server = await openServer({ store });
  await using _ = await startClient({ endpoint: server.endpoint });
  await server.waitForClients(1);
  await pings(server, 20);
  const reading = take(server.watch({ from: 1 }), 100);
  await pings(server, 20);
  const events = await reading;
  expect(events).toEqual((await store.events(1, 100)).events);
});

test('without a durable store the newest events are available from the first call of watch', async () => {
  await using server = await openServer({});
  await using _ = await startClient({ endpoint: server.endpoint });
  await server.waitForClients(1);
  await using first = server.watch();
  await pings(server, 2);
  const all = await take(first, 6);
  expect(await take(server.watch({ from: Number(seqs(all)[0]) }), 6)).toEqual(all);
});

test.each<[string, JobStore | undefined]>([
  ['a durable store', new ScriptedStore(createMemoryStore())],
  ['none', undefined],
])('a number that the log does not have ends the reader with gone: %s', async (_, store) => {
  await using server = await openServer(store ? { store } : {});
  await using _client = await startClient({ endpoint: server.endpoint });
  await server.waitForClients(1);
  await using reader = server.watch();
  await pings(server, 1);
  await take(reader, 3);
  const refused = {
    code: 'gone',
    message: expect.stringContaining('event 900 is not in the log, which contains events'),
  };
  await expect(server.watch({ from: 900 }).next()).rejects.toMatchObject(refused);
  if (!store) return;
  while ((await store.prune({ settledBeforeMs: Date.now() + 1_000, maxBytes: 2 ** 40 })) > 0);
  const { oldest } = await store.events(1, 1);
  await expect(server.watch({ from: 1 }).next()).rejects.toMatchObject({
    code: 'gone',
    message: expect.stringContaining(`starts with event ${oldest}`),
  });
});

test('a reader that leaves while it catches up ends', async () => {
  const store = new ScriptedStore(createMemoryStore());
  await using server = await openServer({ store });
  await using _ = await startClient({ endpoint: server.endpoint });
  await server.waitForClients(1);
  const reader = server.watch({ from: 1 });
  await reader.next();
  await reader[Symbol.asyncDispose]();
  expect(await reader.next()).toEqual({ value: undefined, done: true });
});

test('a reader that resumes from a number gets every event, however slow it is', async () => {
  const bus = new EventBus([], new FaultReports(undefined));
  await using slow = bus.watch({ from: 1 });
  await using lagging = bus.watch({});
  const count = 3_000;
  for (let at = 0; at < count; at += 1) bus.emit({ type: 'client.left', client: 'w1', reason: `${at}` });
  bus.close();
  expect(seqs(await Array.fromAsync(slow))).toEqual(upTo(count));
  expect((await Array.fromAsync(lagging)).length).toBeLessThan(count);
});
