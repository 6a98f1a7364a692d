import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { fromServerSchema, type Message } from '../../schemas/index.ts';
import type { FromClient, FromServer } from '../../schemas/messages.ts';
import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  implement,
  ping,
} from '../../src/index.ts';
import { decodeFrame, encodeFrame, encodeMessage } from '../../src/wire/codec.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { framesOf } from '../support/pulled.ts';
import { RecordingObserver } from '../support/recording-observer.ts';

const frameOf = (...messages: object[]) => encodeFrame(messages.map(encodeMessage));

const hello: Message<FromClient, 'hello'> = {
  type: 'hello',
  protocol: 1,
  version: '0',
  name: 'raw',
  bootId: 'rawrawrawraw',
  state: 'ready',
  commands: ['ping'],
  info: { host: 'here', pid: 1, platform: 'linux' },
};

async function* messagesOf(connection: Connection): AsyncGenerator<FromServer> {
  for await (const frame of framesOf(connection)) yield* decodeFrame(frame, fromServerSchema);
}

/** The next message of this type. */
async function next<Type extends FromServer['type']>(messages: AsyncGenerator<FromServer>, type: Type) {
  for (;;) {
    const { value, done } = await messages.next();
    if (done) throw new Error(`the connection ended before ${type}`);
    if (value.type === type) return value;
  }
}

async function scene() {
  const observer = new RecordingObserver();
  const commands = await builtinContracts();
  const server = await createServer({ bind: 'tcp://127.0.0.1:*', commands, observers: [observer] });
  const connection = await dial(server.endpoint, new AbortController().signal);
  return {
    server,
    connection,
    violations: () => observer.of('client.violation'),
    messages: messagesOf(connection),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe('a frame that is not of this protocol', () => {
  const bad: [string, Buffer][] = [
    ['is no msgpack', Buffer.from([0xc1, 0xc1])],
    ['is no array', encodeMessage({ type: 'jobs-end' }).bytes],
    ['has an unknown message', frameOf({ type: 'shutdown' })],
    ['has a field too many', frameOf({ ...hello, root: true })],
    ['has a good message and a bad one', frameOf(hello, { type: 'state', state: 'on fire' })],
  ];

  test.each(bad)('%s: it is answered with bad_message', async (_, frame) => {
    await using here = await scene();
    await here.connection.send(frame);
    expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'bad_message' } });
    expect(await here.server.clients()).toEqual([]);
    expect(here.violations()).toMatchObject([{ code: 'bad_message', reason: expect.any(String) }]);
  });

  test('ends the session that it came in, and nothing more is read from that connection', async () => {
    await using here = await scene();
    await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
    await here.server.waitForClients(1);
    await here.connection.send(frameOf({ type: 'shutdown' }));
    await next(here.messages, 'refused');
    await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
    await using other = await createClient({ connect: here.server.endpoint, name: 'other' });
    await here.server.waitForClients(1);
    expect((await here.server.clients()).map(({ name, state }) => [name, state])).toEqual([
      ['other', 'unready'],
      ['raw', 'offline'],
    ]);
    expect(other.state).toBe('unready');
    expect(here.violations()).toMatchObject([{ client: 'raw', code: 'bad_message' }]);
  });

  test('costs the other clients nothing', async () => {
    await using here = await scene();
    const commands = await builtinImplementations();
    await using healthy = await createClient({ connect: here.server.endpoint, name: 'healthy', commands, ready: true });
    await here.server.waitForClients(1);
    for (const [, frame] of bad) await here.connection.send(frame);
    await next(here.messages, 'refused');
    const [outcome] = await (await here.server.submit(healthy.name, ping, {})).outcomes;
    expect(outcome).toMatchObject({ outcome: 'completed' });
  });
});

test('a hello of another version is told so, whatever its other fields are', async () => {
  await using here = await scene();
  await here.connection.send(frameOf({ ...hello, protocol: 2, colour: 'red' }));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'unsupported_protocol' } });
  expect(here.violations()).toMatchObject([{ code: 'unsupported_protocol' }]);
});

test('a second hello under another name ends the session of the first', async () => {
  await using here = await scene();
  await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
  await here.connection.send(frameOf({ ...hello, name: 'raw-2' }, { type: 'jobs-end' }));
  await next(here.messages, 'welcome');
  await next(here.messages, 'welcome');
  expect((await here.server.clients()).map(({ name, state }) => [name, state])).toEqual([
    ['raw', 'offline'],
    ['raw-2', 'ready'],
  ]);
});

test('what is said without a session is answered with unknown_session', async () => {
  await using here = await scene();
  await here.connection.send(frameOf({ type: 'jobs-end' }));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'unknown_session' } });
});

describe('what could not be taken at the other end is not sent', () => {
  test.each([
    { timeoutMs: 0 },
    { timeoutMs: 1.5 },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: Number.NaN },
    { expiresInMs: -1 },
    { expiresInMs: Number.NaN },
  ])('%j', async (options) => {
    await using here = await scene();
    await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
    await here.server.waitForClients(1);
    await expect(here.server.submit('raw', ping, {}, options)).rejects.toThrow(
      expect.objectContaining({ code: 'bad_arguments' }),
    );
    expect(await here.server.list()).toEqual([]);
  });
});

describe('a client that speaks of a job that is not its own', () => {
  const result = { type: 'result', outcome: 'completed', result: 666, durationMs: 1 };

  test('of another client: its session ends, and that job keeps its own outcome', async () => {
    await using here = await scene();
    const gate = Promise.withResolvers<number>();
    const begun = Promise.withResolvers<void>();
    const slow = implement(ping, () => {
      begun.resolve();
      return gate.promise;
    });
    await using _ = await createClient({ connect: here.server.endpoint, name: 'w1', commands: [slow], ready: true });
    await here.server.waitForClients(1);
    await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
    await here.server.waitForClients(2);
    const group = await here.server.submit('w1', ping, {});
    await begun.promise;
    await here.connection.send(frameOf({ ...result, id: group.id }));
    expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'not_allowed' } });
    gate.resolve(7);
    expect(await group.outcomes).toMatchObject([{ client: 'w1', outcome: 'completed', result: 7 }]);
    expect((await here.server.list()).map(({ client }) => client)).toEqual(['w1']);
  });

  test.each(['accepted', 'result', 'output', 'progress', 'rejected', 'job'])(
    'that was never given out, in %s: its session ends',
    async (type) => {
      await using here = await scene();
      await here.connection.send(frameOf(hello));
      const fields = {
        accepted: {},
        result: { outcome: 'completed', durationMs: 1 },
        output: { stream: 'stdout', offset: 0, data: Buffer.from('x') },
        progress: { fraction: 0.5 },
        rejected: { error: { code: 'busy', message: '' } },
        job: { command: 'ping', state: 'running', offsets: {} },
      }[type];
      await here.connection.send(frameOf({ type, id: `${here.server.bootId}.1`, ...fields }));
      expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'not_allowed' } });
      expect(await here.server.list()).toEqual([]);
    },
  );
});

test('a client that floods is refused, and others are served', async () => {
  await using here = await scene();
  await using _ = await createClient({
    connect: here.server.endpoint,
    name: 'w1',
    commands: await builtinImplementations(),
    ready: true,
  });
  await here.server.waitForClients(1);
  await here.connection.send(frameOf(hello, { type: 'jobs-end' }));
  const flood = frameOf(...Array.from({ length: 1_000 }, () => ({ type: 'state', state: 'ready' })));
  const refused = next(here.messages, 'refused');
  const flooding = new AbortController();
  // On a busy machine a second is too short for so many messages: here it does not pass.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  const sending = (async () => {
    while (!flooding.signal.aborted) {
      await here.connection.send(flood).catch(() => {});
      await nextTurn();
    }
  })();
  expect(await refused).toMatchObject({ error: { code: 'busy' } });
  clock.mockRestore();
  flooding.abort();
  await sending;
  expect(await (await here.server.submit('w1', ping, {})).outcomes).toMatchObject([{ outcome: 'completed' }]);
});
