import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EndBound } from '../../src/host/end-bound.ts';
import type { Host } from '../../src/host/host.ts';
import { type Client, createServer, type Interceptor, ping, SignalboxError } from '../../src/index.ts';
import { ServerTraces } from '../../src/observe/traces/server-traces.ts';
import { startCollector } from '../e2e/collector.ts';
import { MemorySink } from '../support/in-process-shell.ts';
import { openClient } from '../support/library.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { refusal } from '../support/refusal.ts';

/** A server whose spans a collector has received when `ended` resolves. */
async function open(clients: readonly string[], interceptors: readonly Interceptor[] = []) {
  await using stack = new AsyncDisposableStack();
  const collector = stack.use(await startCollector());
  const stderr = new MemorySink();
  const host = { env: {}, stderr, endBound: new EndBound(stderr, () => {}) } as unknown as Host;
  const traces = new ServerTraces(`${collector.url}/v1/traces`, { options: {}, host, logger: undefined });
  const recorder = new RecordingObserver();
  const server = stack.use(
    await createServer({
      bind: 'tcp://127.0.0.1:*',
      commands: [ping],
      observers: [traces, recorder],
      interceptors: [...interceptors, traces.intercept],
    }),
  );
  const opened: Client[] = [];
  for (const name of clients) opened.push(stack.use(await openClient(server, { name })));
  await server.waitForClients(clients.length);
  const kept = stack.move();
  return {
    service: server.as('alice'),
    recorder,
    /** All clients are known and offline then. */
    async leave() {
      await Promise.all(opened.map((client) => client.close()));
      while (recorder.of('client.left').length < opened.length) await nextTurn();
    },
    async spans() {
      await traces[Symbol.asyncDispose]();
      return collector.spans.map((span) => ({ ...span, endMs: Math.round(span.endMs) }));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

test('a job that ends before its submission returns has its span, and so has the submission to several', async () => {
  await using scene = await open(['w1', 'w2']);
  const { service, recorder } = scene;
  await scene.leave();
  const [one, both] = [await service.submit('w1', ping, {}), await service.submit(['w1', 'w2'], ping, {})];
  expect((await Promise.all([one.outcomes, both.outcomes])).flat().map(({ outcome }) => outcome)).toEqual(
    Array(3).fill('rejected'),
  );
  const spans = await scene.spans();
  const at = recorder.of('job.settled').map(({ atMs }) => atMs);
  expect(spans.map(({ attributes }) => attributes['signalbox.job.id']).sort()).toEqual(
    [one.id, both.id, both.id, both.id].sort(),
  );
  const [line] = spans.filter(
    ({ attributes }) => attributes['signalbox.clients'] === '2' || attributes['signalbox.clients'] === 2,
  );
  expect(line).toMatchObject({ status: 2, parentSpanId: undefined, endMs: at.at(-1) });
  const inLine = spans.filter(({ parentSpanId }) => parentSpanId === line?.spanId);
  expect(inLine.map(({ attributes, endMs }) => [attributes['signalbox.client'], endMs])).toEqual([
    ['w1', at[1]],
    ['w2', at[2]],
  ]);
});

test('a refused submission, and a key whose group exists, have no span', async () => {
  let isAllowed = false;
  await using scene = await open(
    ['w1'],
    [
      async (call, next) => {
        if (call.method === 'submit' && !isAllowed) throw new SignalboxError('not_allowed', 'no');
        return await next(call);
      },
    ],
  );
  const submit = () => scene.service.submit('w1', ping, {}, { key: 'k' });
  await expect(submit()).rejects.toThrow(refusal('not_allowed'));
  isAllowed = true;
  const group = await submit();
  expect(await submit()).toBe(group);
  await group.outcomes;
  const spans = await scene.spans();
  expect(spans).toMatchObject([
    {
      name: 'ping',
      events: ['accepted'],
      attributes: { 'signalbox.job.id': group.id, 'signalbox.outcome': 'completed' },
    },
  ]);
  const [settled] = scene.recorder.of('job.settled');
  expect(spans.map(({ endMs }) => endMs)).toEqual([settled?.atMs]);
});
