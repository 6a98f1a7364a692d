import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { create, type JsonObject } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WatchRequestSchema } from '../../schemas/api/index.ts';
import { ping } from '../../schemas/commands/ping.ts';
import { type ApiLimits, apiLimits } from '../../src/api/api-limits.ts';
import { watch } from '../../src/api/watch.ts';
import { openSqliteStore } from '../../src/index.ts';
import type { Call, Interceptor } from '../../src/plugin/interceptor.ts';
import type { JobService } from '../../src/plugin/job-service.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import type { Called, Caller } from './callers.ts';
import { connectCaller } from './connect-caller.ts';
import { curlCaller, hasCurl } from './curl-caller.ts';
import { grpcCaller } from './grpc-caller.ts';
import { openApi, say } from './open-api.ts';

const eventsOf = ({ messages }: Pick<Called, 'messages'>) =>
  messages.flatMap(({ events }) => (events ?? []) as JsonObject[]);
const seqsOf = (called: Called) => eventsOf(called).map(({ seq }) => Number(seq));
const upTo = (last: number, first: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

const end = 'that is all';
/** Jobs with this number of bytes of arguments, one after the other; the last one is marked. */
async function work(service: JobService, count: number, bytes = 10): Promise<void> {
  for (let at = 0; at < count; at += 1) await (await service.submit('w1', say, { text: 'x'.repeat(bytes) })).outcomes;
  await (await service.submit('w1', say, { text: end })).outcomes;
}

/** Watches, and calls `during` when the watch has started. */
async function watching(call: Caller, request: JsonObject, during: () => Promise<void>): Promise<Called> {
  const begun = Promise.withResolvers<void>();
  const watched = call('EventService/Watch', request, { until: end, onMessage: () => begun.resolve() });
  await Promise.race([begun.promise, watched]);
  await during();
  return await watched;
}

test('a caller resumes from a number across restarts of the server, without gaps and duplicates', async () => {
  const options = { bind: await freeEndpoint() };
  const path = `${newFolder()}/store.db`;
  const seen: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await using ends = new AsyncDisposableStack();
    const store = ends.use(await openSqliteStore({ path }));
    const { paths, server } = await openApi({ ...options, store }, (close) => void ends.defer(close));
    const call = connectCaller(paths.connect, true);
    const from = seen.length === 0 ? {} : { fromSeq: `${(seen.at(-1) ?? 0) + 1}` };
    const watched = await watching(call, from, () => work(server, 5));
    const [first] = seqsOf(watched);
    expect(watched.messages[0]).toEqual({ bootId: server.bootId, nextSeq: `${first}` });
    seen.push(...seqsOf(watched));
  }
  expect(seen).toEqual(upTo(seen.at(-1) ?? 0, seen[0] ?? 0));
});

test.each(['connect', 'grpc'] as const)('%s: a number that the log does not have is out of range', async (socket) => {
  const { paths, ends } = await openApi();
  const call = socket === 'grpc' ? grpcCaller(paths.grpc, ends) : connectCaller(paths.connect, true);
  const gone = await call('EventService/Watch', { fromSeq: '99999' });
  expect(gone).toMatchObject({
    status: 'out_of_range',
    detail: { code: 'gone', message: expect.stringMatching(/\d/) },
  });
});

test('a caller that is slower than the log gets all of it, in parts', async () => {
  const { paths, server } = await openApi({ limits: { maxMessageBytes: 4_096, maxWaitingBytes: 16_384 } });
  await work(server, 150, 300);
  const watched = await connectCaller(paths.connect, true)('EventService/Watch', { fromSeq: '1' }, { until: end });
  expect(watched.status).toBe('ok');
  expect(seqsOf(watched)).toEqual(upTo(seqsOf(watched).length, 1));
  expect(watched.messages.length).toBeGreaterThan(10);
});

/** The messages of `watch`, without a socket. */
async function directly(
  server: JobService,
  request: { atOnce?: boolean; fromSeq?: bigint } = {},
  limits: ApiLimits = apiLimits,
) {
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const counted = () => ({ [Symbol.dispose]: () => {} });
  const calls = { drop: () => {}, follow: counted, read: counted };
  const context = { service: server, actor: 'local:ada', signal: leave.signal, ...calls };
  const messages = watch(create(WatchRequestSchema, request), { ...context, limits, payloads: undefined });
  await messages.next();
  return messages;
}

test('the first event is sent at once; later ones within 50 ms are sent together, at most 1,000 per message', async () => {
  const { server } = await openApi();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const messages = await directly(server);
  const group = await server.submit('w1', ping, {});
  const { value } = await messages.next();
  expect(value?.$unknown?.length).toBeGreaterThan(0);
  await group.outcomes;
  for (let sent = 0; sent < 800; sent += 1) await (await server.submit('w1', ping, {})).outcomes;
  const second = messages.next();
  const isThere = async (promise: Promise<unknown>) => await Promise.race([promise.then(() => true), nextTurn(false)]);
  vi.advanceTimersByTime(apiLimits.batchMs - 1);
  expect(await isThere(second)).toBe(false);
  vi.advanceTimersByTime(1);
  const lengths = [(await second).value?.$unknown?.length ?? 0];
  // Existing events do not wait again; new ones do.
  const waited = 3 * 801 - (value?.$unknown?.length ?? 0);
  for (let left = waited - 1_000; left > 0; left -= lengths.at(-1) ?? 0) {
    lengths.push((await messages.next()).value?.$unknown?.length ?? 0);
  }
  expect(lengths).toEqual([1_000, 1_000, waited - 2_000]);
  const third = messages.next();
  await (await server.submit('w1', ping, {})).outcomes;
  expect(await isThere(third)).toBe(false);
});

test('a slow caller is told that output may have been omitted in the meantime, and no other caller is', async () => {
  const { server } = await openApi();
  const live = await directly(server, { atOnce: true });
  for (let at = 0; at < 3; at += 1) await (await server.submit('w1', say, { text: 'x'.repeat(2_000) })).outcomes;
  const late = await directly(server, { atOnce: true, fromSeq: 1n }, { ...apiLimits, maxMessageBytes: 1_000 });
  const last = await server.submit('w1', say, { text: end });
  await last.outcomes;
  const leftOut = async (messages: typeof live) => {
    const told: boolean[] = [];
    for await (const message of messages) {
      told.push(message.leftOut);
      if ((message.$unknown ?? []).some(({ data }) => Buffer.from(data).includes(end))) return told;
    }
    return told;
  };
  expect(await leftOut(late)).toContain(true);
  expect(await leftOut(live)).not.toContain(true);
});

test('with at_once all events of one turn of the event loop arrive together', async () => {
  const { server } = await openApi();
  const messages = await directly(server, { atOnce: true });
  const next = messages.next();
  for (const text of ['a', 'b', 'c']) {
    void server.submit('w1', say, { text });
    // In the same turn, but not in the same step.
    for (let step = 0; step < 20; step += 1) await undefined;
  }
  expect((await next).value?.$unknown?.length).toBe(3);
});

test('with at_once no event waits for later ones', async () => {
  const { server } = await openApi();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const messages = await directly(server, { atOnce: true });
  for (let sent = 0; sent < 3; sent += 1) {
    const { number } = await server.submit('w1', ping, {});
    for (let told = 0; told < 3; ) told += (await messages.next()).value?.$unknown?.length ?? 0;
    expect(number).toBe(sent + 1);
  }
});

/** Detects the first call of this method by a caller of the API. */
function noticing(method: Call['method']): [interceptors: Interceptor[], begun: Promise<void>] {
  const begun = Promise.withResolvers<void>();
  const interceptor: Interceptor = (call, next) => {
    if (call.method === method && call.actor.startsWith('local:')) begun.resolve();
    return next(call);
  };
  return [[interceptor], begun.promise];
}

const nextTurn = <T>(value: T) => new Promise<T>((resolve) => setImmediate(resolve, value));

test('in JSON, too, an event is encoded once for all watchers', async () => {
  const { paths, server } = await openApi();
  const [inJson, other] = [connectCaller(paths.connect, false), connectCaller(paths.connect, false)];
  const calls = [inJson, hasCurl ? curlCaller(paths.connect) : other, connectCaller(paths.connect, true)];
  const spy = vi.spyOn(JSON, 'stringify');
  onTestFinished(() => spy.mockRestore());
  const begun = calls.map(() => Promise.withResolvers<void>());
  const watched = calls.map((call, at) =>
    call('EventService/Watch', {}, { until: end, onMessage: () => begun[at]?.resolve() }),
  );
  await Promise.all(begun.map(({ promise }) => promise));
  await work(server, 1);
  const [one, ...others] = (await Promise.all(watched)).map(eventsOf);
  for (const other of others) expect(other).toEqual(one);
  const ofTheEnd = spy.mock.calls.filter(([json]) => (json as JsonObject | undefined)?.jobSubmitted !== undefined);
  expect(ofTheEnd).toHaveLength(2);
});

test('an event is encoded once for all watchers', async () => {
  const { server } = await openApi();
  const [one, other] = [await directly(server), await directly(server)];
  await (await server.submit('w1', ping, {})).outcomes;
  const dataOf = async (messages: typeof one) => (await messages.next()).value?.$unknown?.[0]?.data;
  const data = await dataOf(one);
  expect(data?.length).toBeGreaterThan(0);
  expect(await dataOf(other)).toBe(data);
});

const request = encodeEnvelope(0, Buffer.from('{}'));

/** Watches at a socket without reading, until `read` is called, which returns the rest. */
const stalledCallers = {
  'over HTTP/1.1': async ({ connect: path }: { connect: string }) => {
    const socket = connect(path).pause();
    onTestFinished(() => void socket.destroy());
    const header = `POST /signalbox.v1.EventService/Watch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/connect+json\r\n`;
    socket.write(`${header}Content-Length: ${request.length}\r\n\r\n`);
    socket.write(request);
    return async () => await collected(socket);
  },
  'over HTTP/2': async ({ grpc: path }: { grpc: string }) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
    session.on('error', () => {});
    onTestFinished(() => session.destroy());
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/signalbox.v1.EventService/Watch' },
      'content-type': 'application/connect+json',
    });
    stream.on('error', () => {});
    stream.end(request);
    stream.pause();
    return async () => await collected(stream);
  },
};

async function collected(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks).toString();
}

const seqsIn = (text: string) => [...text.matchAll(/"seq":"(\d+)"/g)].map(([, seq]) => Number(seq));

test.each(Object.entries(stalledCallers))(
  '%s a caller that does not read is told where to resume, and has missed nothing then',
  async (_, stall) => {
    const [interceptors, begun] = noticing('watch');
    const { paths, server } = await openApi({
      interceptors,
      limits: { maxMessageBytes: 16_384, maxWaitingBytes: 65_536 },
    });
    const read = await stall(paths);
    await begun;
    await work(server, 60, 30_000);
    const told = await read();
    const [, detail] = /"debug":(\{[^}]*\})/.exec(told) ?? [];
    const { resumeFromSeq, code } = JSON.parse(detail ?? '{}');
    expect(code).toBe('busy');
    expect(told).toContain('"code":"resource_exhausted"');
    const watched = await connectCaller(paths.connect, true)(
      'EventService/Watch',
      { fromSeq: resumeFromSeq },
      { until: end },
    );
    const all = [...seqsIn(told), ...seqsOf(watched)];
    expect(all).toEqual(upTo(all.at(-1) ?? 0, all[0] ?? 0));
    expect(seqsIn(told).length).toBeLessThan(60);
  },
);

test.each(Object.entries(stalledCallers))(
  '%s a caller that still does not read after that is disconnected',
  async (_, stall) => {
    const [interceptors, begun] = noticing('watch');
    const limits = { maxMessageBytes: 16_384, maxWaitingBytes: 65_536, stalledMs: 1, maxFollowers: 1 };
    const { paths, server } = await openApi({ interceptors, limits });
    const call = connectCaller(paths.connect, true);
    const read = await stall(paths);
    await begun;
    const isTaken = async () =>
      (await call('EventService/Watch', {}, { until: 'bootId' })).status === 'resource_exhausted';
    expect(await isTaken()).toBe(true);
    await work(server, 60, 30_000);
    await vi.waitFor(async () => expect(await isTaken()).toBe(false), { interval: 1, timeout: 30_000 });
    expect(await read()).not.toContain('"error"');
  },
);

test.each(['connect', 'grpc'] as const)(
  '%s: when the server ends, calls in progress end with a status',
  async (socket) => {
    const [interceptors, counting] = noticing('waitForClients');
    const [others, waiting] = noticing('history');
    const { paths, server, api, ends } = await openApi({ interceptors: [...interceptors, ...others] });
    const call = socket === 'grpc' ? grpcCaller(paths.grpc, ends) : connectCaller(paths.connect, true);
    const { messages } = await call('JobService/Submit', { targets: ['w1'], command: 'hang' });
    const id = messages[0]?.id ?? '';
    const job = { id, client: 'w1' };
    const begun = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const calls = [
      call('EventService/Watch', {}, { onMessage: () => begun[0]?.resolve() }),
      call('JobService/Output', { job, follow: true }, { onMessage: () => begun[1]?.resolve() }),
      call('JobService/Wait', { id }),
      call('ClientService/WaitForClients', { count: 9 }),
      call('grpc.health.v1.Health/Watch', {}, { onMessage: () => begun[2]?.resolve() }),
    ];
    await Promise.all([counting, waiting, ...begun.map(({ promise }) => promise)]);
    await api[Symbol.asyncDispose]();
    const ended = await Promise.all(calls);
    expect(ended.map(({ status }) => status)).toEqual(calls.map(() => 'unavailable'));
    const statuses = ended.at(-1)?.messages.map(({ status }) => status);
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    const [watched] = ended;
    const last = watched && seqsOf(watched).at(-1);
    const next = last === undefined ? watched?.messages[0]?.nextSeq : `${last + 1}`;
    expect(watched?.detail).toMatchObject({ code: 'closed', resumeFromSeq: next });
    expect(await server.clients()).toHaveLength(1);
  },
);

test('a caller that leaves during a write leaves nothing behind', async () => {
  const { paths } = await openApi({ limits: { maxFollowers: 1 } });
  const call = connectCaller(paths.connect, true);
  for (let round = 0; round < 100; round += 1) {
    const begun = Promise.withResolvers<string>();
    const watched = call('EventService/Watch', {}, { until: 'jobSubmitted', onMessage: () => begun.resolve('ok') });
    const status = await Promise.race([begun.promise, watched.then((ended) => ended.status)]);
    if (status === 'ok') await call('JobService/Submit', { targets: ['w1'], command: 'ping' });
    await watched;
  }
  const isFree = async () => (await call('EventService/Watch', {}, { until: 'bootId' })).status;
  await expect.poll(isFree, { interval: 1, timeout: 10_000 }).toBe('ok');
});
