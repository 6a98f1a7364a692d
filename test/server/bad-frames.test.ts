import { setImmediate as nextTurn } from 'node:timers/promises';
import { pack, unpack } from 'msgpackr';
import { describe, expect, test, vi } from 'vitest';
import { clientLayouts, type FromClient, type FromServer, wordNumbers } from '../../schemas/index.ts';
import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  implement,
  ping,
} from '../../src/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { hello as helloOf } from '../support/hello.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { framesOf } from '../support/pulled.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { frameOf, readServer } from '../support/wire.ts';

const hello = helloOf({ name: 'raw', bootId: 'rawrawrawraw', state: 'ready' });

async function* messagesOf(connection: Connection): AsyncGenerator<FromServer> {
  for await (const frame of framesOf(connection)) yield* readServer(frame);
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
    refusals: () => observer.of('client.refused'),
    messages: messagesOf(connection),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe('a frame that violates the protocol', () => {
  const bad: [string, Buffer][] = [
    ['is no msgpack', Buffer.from([0xc1, 0xc1])],
    ['is no array', pack(hello)],
    ['has a message without a code', pack([[]])],
    ['has a message that is a word', pack(['shutdown'])],
    ['has a field too few', pack([hello, [clientLayouts.state.code]])],
    ['has a good message and a bad one', pack([hello, [clientLayouts.state.code, 'on fire']])],
  ];

  test.each(bad)('%s: it is answered with bad_message', async (_, frame) => {
    await using here = await scene();
    await here.connection.send(frame);
    expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'bad_message' } });
    expect(await here.server.clients()).toEqual([]);
    expect(here.violations()).toMatchObject([{ code: 'bad_message', reason: expect.any(String) }]);
  });

  test('ends its session, and nothing more is read from that connection', async () => {
    await using here = await scene();
    await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
    await here.server.waitForClients(1);
    await here.connection.send(pack([[]]));
    await next(here.messages, 'refused');
    await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
    await using other = await createClient({ connect: here.server.endpoint, name: 'other' });
    await here.server.waitForClients(1);
    expect((await here.server.clients()).map(({ name, state }) => [name, state])).toEqual([
      ['other', 'unready'],
      ['raw', 'offline'],
    ]);
    expect(other.state).toBe('unready');
    expect(here.violations()).toMatchObject([{ client: 'raw', code: 'bad_message' }]);
  });

  test('does not affect the other clients', async () => {
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

test('a hello of another version is refused with the version, whatever its other fields contain', async () => {
  await using here = await scene();
  await here.connection.send(pack([{ type: 'hello', protocol: { min: 3, max: 4 }, colour: new Date(), name: 7 }]));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'unsupported_protocol' } });
  expect(here.violations()).toMatchObject([{ code: 'unsupported_protocol' }]);
});

test('the version is checked before the key: a later client without a token learns that its version is not supported', async () => {
  using keys = createKeyFolder('w1');
  await using server = await createServer({ bind: 'tcp://127.0.0.1:*', keys: keys.folder });
  const { token: _token, ...curve } = readCredentials(keys.of('w1'));
  await using connection = await dial(server.endpoint, new AbortController().signal, curve);
  await connection.send(frameOf({ ...hello, name: 'w1', protocol: { min: 3, max: 3 } }));
  expect(await next(messagesOf(connection), 'refused')).toMatchObject({ error: { code: 'unsupported_protocol' } });
});

test('a client of protocol 1 gets a refusal that it can read, exactly as in protocol 1, and is named to the operator', async () => {
  await using here = await scene();
  const { named: _named, labels: _labels, facts: _facts, features: _features, ...fields } = hello;
  await here.connection.send(pack([{ ...fields, protocol: 1 }]));
  const { value: frame } = await framesOf(here.connection).next();
  const message = expect.stringMatching(/has version 2 .* version 1: update the client$/);
  expect(unpack(frame as Buffer)).toStrictEqual([
    { type: 'refused', error: { code: 'unsupported_protocol', message } },
  ]);
  expect(here.refusals()).toMatchObject([{ client: 'raw', error: { code: 'unsupported_protocol', message } }]);
});

test('additions of a later version are ignored: versions, features, fields, messages', async () => {
  await using here = await scene();
  const later = { ...hello, protocol: { min: 2, max: 3 }, features: ['tomorrow'], colour: { of: 'sky' } };
  const unknown = [[99, 'what', { ever: [1] }], { type: 'greeting', text: 'hello' }];
  await here.connection.send(pack([later, ...unknown, [clientLayouts['jobs-end'].code, 0, { more: 1 }, 'and more']]));
  await here.server.waitForClients(1);
  const state = [clientLayouts.state.code, wordNumbers.state.unready, 'because', { of: 'tomorrow' }];
  await here.connection.send(pack([state, ...unknown]));
  await vi.waitFor(async () => expect(await here.server.clients()).toMatchObject([{ state: 'unready' }]));
  expect(here.violations()).toEqual([]);
});

test.each(['raw', 'raw-2'])('a second hello, under the name %s, is an error of the client', async (name) => {
  await using here = await scene();
  await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
  await here.connection.send(frameOf({ ...hello, name }));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'bad_message' } });
  expect((await here.server.clients()).map((client) => [client.name, client.state])).toEqual([['raw', 'offline']]);
});

test('a second end of the job list is an error of the client', async () => {
  await using here = await scene();
  await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }, { type: 'jobs-end', elsewhere: 0 }));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'bad_message' } });
});

describe('a connection that is refused before it has a session', () => {
  test('gets one answer, however much it sends, and nothing more is read from it', async () => {
    await using here = await scene();
    const late = Array.from({ length: 1_000 }, () => ({ type: 'jobs-end', elsewhere: 0 }) as const);
    await here.connection.send(frameOf(...late));
    expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'unknown_session' } });
    await here.connection.send(frameOf(hello, ...late));
    await using _other = await createClient({ connect: here.server.endpoint, name: 'other' });
    await here.server.waitForClients(1);
    expect((await here.server.clients()).map(({ name }) => name)).toEqual(['other']);
    await here.server.close();
    await expect(next(here.messages, 'refused')).rejects.toThrow('the connection ended');
  });

  test('because its name is taken does not get the name later', async () => {
    await using here = await scene();
    const first = await createClient({ connect: here.server.endpoint, name: 'raw' });
    await here.server.waitForClients(1);
    await here.connection.send(frameOf(hello));
    expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'name_taken' } });
    await first.close();
    await vi.waitFor(async () => expect(await here.server.clients()).toMatchObject([{ state: 'offline' }]));
    await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
    await using _other = await createClient({ connect: here.server.endpoint, name: 'other' });
    await here.server.waitForClients(1);
    expect(await here.server.clients()).toMatchObject([{ name: 'other' }, { name: 'raw', state: 'offline' }]);
  });
});

test('a job that is listed after the end of the list is an error of the client', async () => {
  await using here = await scene();
  const job = { type: 'job', id: 'oldoldoldold.1', command: 'ping', state: 'running', offsets: {} } as const;
  await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }, job));
  expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'bad_message' } });
  expect(await here.server.list()).toEqual([]);
});

describe('options that the client would refuse are not sent', () => {
  test.each([
    { timeoutMs: 0 },
    { timeoutMs: 1.5 },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: Number.NaN },
    { expiresInMs: -1 },
    { expiresInMs: Number.NaN },
  ])('%j', async (options) => {
    await using here = await scene();
    await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
    await here.server.waitForClients(1);
    await expect(here.server.submit('raw', ping, {}, options)).rejects.toThrow(
      expect.objectContaining({ code: 'bad_arguments' }),
    );
    expect(await here.server.list()).toEqual([]);
  });
});

describe('a client that reports a job', () => {
  const result = { type: 'result', outcome: 'completed', result: 666, durationMs: 1 } as const;

  test('of another client: its session ends, and the job keeps its outcome', async () => {
    await using here = await scene();
    const gate = Promise.withResolvers<number>();
    const begun = Promise.withResolvers<void>();
    const slow = implement(ping, () => {
      begun.resolve();
      return gate.promise;
    });
    await using _ = await createClient({ connect: here.server.endpoint, name: 'w1', commands: [slow], ready: true });
    await here.server.waitForClients(1);
    await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
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
    'that was never assigned, in %s: its session ends',
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
      for (const id of [1, `${here.server.bootId}.1`]) {
        await here.connection.send(frameOf({ type, id, ...fields } as FromClient));
      }
      expect(await next(here.messages, 'refused')).toMatchObject({ error: { code: 'not_allowed' } });
      expect(await here.server.list()).toEqual([]);
    },
  );
});

test('a client that floods the server is refused, and others are served', async () => {
  await using here = await scene();
  await using _ = await createClient({
    connect: here.server.endpoint,
    name: 'w1',
    commands: await builtinImplementations(),
    ready: true,
  });
  await here.server.waitForClients(1);
  await here.connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 }));
  const flood = frameOf(...Array.from({ length: 1_000 }, () => ({ type: 'state', state: 'ready' }) as const));
  const refused = next(here.messages, 'refused');
  const flooding = new AbortController();
  // On a busy machine a second is too short for this many messages, so time stands still here.
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
