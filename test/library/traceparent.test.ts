import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { expect, test, vi } from 'vitest';
import { serverLayouts, traceparentSchema } from '../../schemas/index.ts';
import { type Interceptor, ping, type ServerOptions } from '../../src/index.ts';
import { dial } from '../../src/wire/dial.ts';
import { hello } from '../support/hello.ts';
import { openPair, openServer } from '../support/library.ts';
import { framesOf } from '../support/pulled.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';
import { frameOf } from '../support/wire.ts';

const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const other = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00';

/** A server and a client that runs `stepwise` as a test says. */
async function openTraced(
  trace: { server?: Pick<ServerOptions, 'interceptors' | 'observers'>; client?: () => string | undefined } = {},
) {
  const steps = createSteps();
  const pair = await openPair({
    server: { commands: [stepwise], ...trace.server },
    client: { commands: [steps.implementation], ...(trace.client && { trace: trace.client }) },
  });
  return { ...pair, steps };
}

test('the handler gets the traceparent that was passed to send, and none without it', async () => {
  await using scene = await openTraced();
  const { server, steps } = scene;
  await server.submit('w1', stepwise, { label: 'a' }, { traceparent: given });
  await server.submit('w1', stepwise, { label: 'b' });
  const begun = [await steps.begins(1), await steps.begins(2)];
  expect(begun.map(({ job }) => job.traceparent)).toStrictEqual([given, undefined]);
});

test('there is no field for it on the wire if nobody passed one', async () => {
  await using server = await openServer();
  await using raw = await dial(server.endpoint, new AbortController().signal);
  await raw.send(frameOf(hello({ name: 'raw' }), { type: 'jobs-end', elsewhere: 0 }));
  await server.waitForClients(1);
  await server.submit('raw', ping, {});
  await server.submit('raw', ping, {}, { traceparent: given });
  const commands: unknown[][] = [];
  for await (const frame of framesOf(raw)) {
    const messages: unknown[] = unpack(frame);
    commands.push(...messages.filter(Array.isArray).filter(([code]) => code === serverLayouts.command.code));
    if (commands.length === 2) break;
  }
  const required = serverLayouts.command.required.length + 1;
  expect(commands.map((command) => command.slice(required))).toStrictEqual([[], [{ traceparent: given }]]);
});

test('the traceparent that an interceptor passes on replaces the original, and is in events', async () => {
  const trace: Interceptor = async (call, next) =>
    await next(call.method === 'submit' ? { ...call, options: { ...call.options, traceparent: other } } : call);
  const observer = new RecordingObserver();
  await using scene = await openTraced({ server: { interceptors: [trace], observers: [observer] } });
  const { server, steps } = scene;
  await server.submit(['w1', 'w1'], stepwise, { label: 'a' });
  await server.submit('all', stepwise, { label: 'b' }, { traceparent: given });
  const begun = [await steps.begins(1), await steps.begins(2)];
  expect(begun.map(({ job }) => job.traceparent)).toStrictEqual([other, other]);
  expect(observer.of('job.submitted').map(({ traceparent }) => traceparent)).toStrictEqual([other, other]);
});

test('trace of a client is called for each data command that it runs, and its traceparent is passed to the handler', async () => {
  const trace = vi.fn(() => other);
  await using scene = await openTraced({ client: trace });
  const { server, steps } = scene;
  const { id } = await server.submit('w1', stepwise, { label: 'a' }, { traceparent: given });
  expect((await steps.begins()).job.traceparent).toBe(other);
  await scene.client.close();
  expect(trace.mock.calls).toStrictEqual([[{ id, command: 'stepwise', traceparent: given }]]);
});

test('an invalid one is refused with bad_arguments, and nothing is sent', async () => {
  await using scene = await openTraced();
  const { server } = scene;
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEFg-'), maxLength: 60 });
  const near = fc.tuple(fc.nat(given.length - 1), fc.string({ maxLength: 2 })).map(([at, text]) => {
    return given.slice(0, at) + text + given.slice(at + 1);
  });
  const wrong = fc
    .oneof(fc.string(), hex, near, fc.constant(given.repeat(10_000)))
    .filter((text) => !/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text));
  await fc.assert(
    fc.asyncProperty(wrong, async (traceparent) => {
      expect(traceparentSchema.safeParse(traceparent).success).toBe(false);
      await expect(server.submit('w1', ping, {}, { traceparent })).rejects.toThrow(
        expect.objectContaining({ code: 'bad_arguments' }),
      );
    }),
  );
  expect(await server.list()).toStrictEqual([]);
});
