// Over 250 lines: a table of faulty observers, each of which every test runs against one scene.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type FromClient, type FromServer, limits } from '../../schemas/index.ts';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import { builtinImplementations } from '../../src/client/builtin-implementations.ts';
import {
  type CommandContract,
  createClient,
  createServer,
  defineCommand,
  type Event,
  type Fault,
  implement,
  type Observer,
  ping,
  type Server,
} from '../../src/index.ts';
import { dial } from '../../src/wire/dial.ts';
import { hello } from '../support/hello.ts';
import { framesOf } from '../support/pulled.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { refusal } from '../support/refusal.ts';
import { stepwise } from '../support/stepwise.ts';
import { frameOf, readServer, withWholeIds } from '../support/wire.ts';

const secret = 'the observer is broken';

/** Observers that do no harm, by their fault. */
const faulty: Record<string, { on: Observer['on']; isFault: boolean }> = {
  'that throws at every event': {
    isFault: true,
    on: () => {
      throw new Error(secret);
    },
  },
  'whose promise rejects': { isFault: true, on: () => Promise.reject(new Error(secret)) },
  'whose promise never settles': { isFault: false, on: () => new Promise(() => {}) },
  'that throws a value without a text': {
    isFault: true,
    on: () => {
      throw Object.create(null);
    },
  },
  'that throws nothing': {
    isFault: true,
    on: () => {
      throw undefined;
    },
  },
  'that changes the event': { isFault: true, on: (event) => void Object.assign(event, { atMs: 0, client: secret }) },
};

interface Scene extends AsyncDisposable {
  readonly server: Server;
  readonly recorder: RecordingObserver;
  readonly faults: Fault[];
}

/** A server whose recorder gets each event after the observer under test. */
async function open(
  on: Observer['on'],
  {
    others = [],
    ...options
  }: {
    others?: readonly Observer[];
    commands?: readonly CommandContract[];
    lostAfterMs?: number;
    onFault?: (fault: Fault) => void;
  } = {},
) {
  const [recorder, faults]: [RecordingObserver, Fault[]] = [new RecordingObserver(), []];
  const server = await createServer({
    bind: 'tcp://127.0.0.1:*',
    commands: [...(await builtinContracts()), stepwise],
    observers: [{ name: 'under-test', on }, ...others, recorder],
    onFault: (fault) => void faults.push(fault),
    ...options,
  });
  const scene: Scene = { server, recorder, faults, [Symbol.asyncDispose]: () => server.close() };
  return scene;
}

/** Clients `w1` to `wN` with the built-in commands. */
async function openFleet({ server }: Scene, count: number): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  for (let at = 1; at <= count; at += 1) {
    const commands = await builtinImplementations();
    stack.use(await createClient({ connect: server.endpoint, name: `w${at}`, commands, ready: true }));
  }
  await server.waitForClients(count);
  return stack;
}

/** A client whose every byte is written and seen by a test. */
async function openRaw({ server }: Scene, name: string) {
  const connection = await dial(server.endpoint, new AbortController().signal);
  const received: FromServer[] = [];
  let bytes = '';
  let wake = () => {};
  const reading = (async () => {
    for await (const frame of framesOf(connection)) {
      bytes += frame.toString('latin1');
      received.push(...readServer(frame).map((message) => withWholeIds(message, server.bootId)));
      wake();
    }
  })();
  const say = (...messages: FromClient[]) => connection.send(frameOf(...messages));
  await say(hello({ name, bootId: `boot${name}boot`, commands: ['stepwise'] }), { type: 'jobs-end', elsewhere: 0 });
  return {
    say,
    bytes: () => bytes,
    /** The first message of this type, already received or not. */
    async heard<Type extends FromServer['type']>(type: Type): Promise<Extract<FromServer, { type: Type }>> {
      for (;;) {
        const found = received.find((one): one is Extract<FromServer, { type: Type }> => one.type === type);
        if (found) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      connection.close(0);
      await reading;
    },
  };
}

/** Resolves when the observer has received such an event. */
async function heard<Type extends Event['type']>(
  { recorder }: Scene,
  type: Type,
  fits: (event: Extract<Event, { type: Type }>) => boolean,
) {
  while (!recorder.of(type).some(fits)) await nextTurn();
}

const expectFault = (faults: readonly Fault[], isFault: boolean) =>
  expect(faults.map(({ source }) => source)).toEqual(isFault ? ['observer under-test'] : []);

for (const [which, { on, isFault }] of Object.entries(faulty)) {
  test(`with an observer ${which} 1,000 commands over 5 clients complete, no session ends and no client is blamed`, async () => {
    await using scene = await open(on);
    await using _fleet = await openFleet(scene, 5);
    const { server, recorder, faults } = scene;
    const boots = (await server.clients()).map(({ bootId }) => bootId);
    const service = server.as('alice');
    const groups = [];
    for (let sent = 0; sent < 200; sent += 1) groups.push(await service.submit('all', ping, {}));
    const outcomes = (await Promise.all(groups.map((group) => group.outcomes))).flat();
    expect(outcomes.filter(({ outcome }) => outcome === 'completed')).toHaveLength(1_000);
    expect((await server.clients()).map(({ bootId, state }) => [bootId, state])).toEqual(
      boots.map((boot) => [boot, 'ready']),
    );
    await nextTurn();
    expectFault(faults, isFault);
    expect(recorder.of('job.settled')).toHaveLength(1_000);
    expect(recorder.of('client.joined')).toHaveLength(5);
    expect([...recorder.of('client.left'), ...recorder.of('client.violation')]).toEqual([]);
    expect(recorder.events.every(({ atMs }) => atMs > 0)).toBe(true);
  });

  test(`with an observer ${which} acks and output credit are sent as usual, and no trace of it is on the wire`, async () => {
    await using scene = await open(on);
    await using raw = await openRaw(scene, 'raw');
    const { server, faults } = scene;
    await server.waitForClients(1);
    const group = await server.as('alice').submit('raw', stepwise, { label: 'a' });
    const { id } = await raw.heard('command');
    const data = Buffer.alloc(limits.outputCreditBytes / 2 + 1);
    await raw.say({ type: 'accepted', id });
    const chunk = limits.maxOutputChunkBytes;
    for (let offset = 0; offset < data.length; offset += chunk) {
      await raw.say({ type: 'output', id, stream: 'stdout', offset, data: data.subarray(offset, offset + chunk) });
    }
    expect(await raw.heard('output-ack')).toMatchObject({ id, stream: 'stdout' });
    const result = { label: 'a', length: 1 };
    await raw.say({
      type: 'result',
      id,
      outcome: 'completed',
      result,
      durationMs: 1,
      offsets: { stdout: data.length },
    });
    expect(await raw.heard('ack')).toEqual({ type: 'ack', ids: [id] });
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result }]);
    expectFault(faults, isFault);
    expect(raw.bytes()).not.toContain(secret);
    expect(raw.bytes()).not.toContain('under-test');
  });
}

test('with all of these observers the timers of the server still work: expired, lost by time, unresponsive', async () => {
  await using scene = await open(() => {}, {
    lostAfterMs: 300,
    others: Object.entries(faulty).map(([name, { on }]) => ({ name, on })),
  });
  const { server, recorder, faults } = scene;
  await using stays = await openRaw(scene, 'stays');
  const leaves = await openRaw(scene, 'leaves');
  await server.waitForClients(2);
  const service = server.as('alice');
  const lost = await service.submit('leaves', stepwise, { label: 'a' });
  const { id } = await leaves.heard('command');
  await leaves.say({ type: 'accepted', id });
  await heard(scene, 'job.accepted', (event) => event.id === id);
  await leaves[Symbol.asyncDispose]();
  await heard(scene, 'client.left', ({ client }) => client === 'leaves');
  // As many as may be unanswered, so that the last one waits until its time is over.
  for (let sent = 0; sent < limits.maxUnacceptedCommands; sent += 1)
    await service.submit('stays', stepwise, { label: 'b' });
  const expired = await service.submit('stays', stepwise, { label: 'c' }, { expiresInMs: 1 });
  expect(await expired.outcomes).toMatchObject([{ outcome: 'expired' }]);
  expect(await lost.outcomes).toMatchObject([{ outcome: 'lost' }]);
  await heard(scene, 'client.state', ({ client, state }) => client === 'stays' && state === 'unresponsive');
  const sources = Object.entries(faulty).flatMap(([name, { isFault }]) => (isFault ? `observer ${name}` : []));
  expect(faults.map(({ source }) => source).sort()).toEqual(sources.sort());
  expect(recorder.of('client.violation')).toEqual([]);
  expect(stays.bytes()).not.toContain(secret);
});

test('each of many refusals reaches every observer, whatever another observer does with it', async () => {
  await using scene = await open(() => {
    throw new Error(secret);
  });
  await using _fleet = await openFleet(scene, 1);
  await using others = new AsyncDisposableStack();
  const bytes: (() => string)[] = [];
  while (bytes.length < 20) bytes.push(others.use(await openRaw(scene, 'w1')).bytes);
  while (scene.recorder.of('client.refused').length < 20) await nextTurn();
  expect(scene.recorder.of('client.refused').every(({ error }) => error.code === 'name_taken')).toBe(true);
  expectFault(scene.faults, true);
  for (const heard of bytes) expect(heard()).not.toContain(secret);
});

for (const [which, onFault] of Object.entries({
  throws: () => {
    throw new Error('onFault is broken');
  },
  rejects: () => Promise.reject(new Error('onFault is broken')),
})) {
  test(`if onFault itself ${which}, the process is warned once and continues`, async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => void (message.includes('under-test') && warnings.push(message));
    process.on('warning', onWarning);
    using _ = { [Symbol.dispose]: () => void process.off('warning', onWarning) };
    await using scene = await open(faulty['that throws at every event']?.on ?? (() => {}), { onFault });
    await using _fleet = await openFleet(scene, 1);
    const group = await scene.server.as('alice').submit('w1', ping, {});
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    await nextTurn();
    expect(warnings).toEqual([`observer under-test failed: ${secret}`]);
  });
}

test('an observer can call the service from within an event, and its submissions are carried out', async () => {
  const later = Promise.withResolvers<readonly string[]>();
  let server: Server | undefined;
  await using scene = await open((event) => {
    if (event.type !== 'job.settled' || !server) return;
    const service = server.as('observer');
    if (event.command === 'stepwise') {
      void service.cancel([{ id: event.id, client: event.client }]);
      void service
        .submit('w1', ping, {})
        .then(async (group) => later.resolve((await group.outcomes).map(({ outcome }) => outcome)));
    }
  });
  ({ server } = scene);
  await using _fleet = await openFleet(scene, 1);
  const group = await server.as('alice').submit('w1', stepwise, { label: 'a' });
  expect(await group.outcomes).toMatchObject([{ outcome: 'rejected' }]);
  expect(await later.promise).toEqual(['completed']);
  expect(scene.faults).toEqual([]);
});

test('an observer can close the server from within an event', async () => {
  const closed = Promise.withResolvers<void>();
  let server: Server | undefined;
  await using scene = await open((event) => {
    if (event.type === 'job.submitted') void server?.close().then(closed.resolve);
  });
  ({ server } = scene);
  await using _fleet = await openFleet(scene, 1);
  await server.as('alice').submit('w1', ping, {});
  await closed.promise;
  await expect(server.as('alice').submit('w1', ping, {})).rejects.toThrow(refusal('closed'));
  expect(scene.faults).toEqual([]);
});

test('an observer that blocks the process for 100 ms at a time slows it down, and ends no session', async () => {
  await using scene = await open((event) => {
    if (event.type !== 'job.settled') return;
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs);
  });
  await using _fleet = await openFleet(scene, 5);
  const service = scene.server.as('alice');
  const groups = await Promise.all(Array.from({ length: 4 }, () => service.submit('all', ping, {})));
  const outcomes = (await Promise.all(groups.map((group) => group.outcomes))).flat();
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(20).fill('completed'));
  expect(scene.recorder.of('client.left')).toEqual([]);
});

test('an observer that changes the arguments of an event does not change what is sent', async () => {
  await using scene = await open((event) => {
    if (event.type === 'job.submitted') Object.assign(event.args, { label: secret });
  });
  await using raw = await openRaw(scene, 'raw');
  await scene.server.waitForClients(1);
  const service = scene.server.as('alice');
  // More than may be unanswered: the last ones wait here while observers get their events.
  for (let sent = 0; sent < limits.maxUnacceptedCommands + 10; sent += 1)
    await service.submit('raw', stepwise, { label: 'a' });
  await raw.heard('command');
  await nextTurn();
  const listed = await service.list();
  expect(new Set(listed.map(({ args }) => args.label))).toEqual(new Set(['a']));
  expectFault(scene.faults, true);
});

const telling = defineCommand({
  name: 'telling',
  summary: 'Print and return what it is given.',
  args: z.strictObject({ words: z.array(z.string()) }),
  result: z.strictObject({ words: z.array(z.string()) }),
  example: 'telling',
});

test('an observer that changes an event does not affect others: arguments, results, errors and output', async () => {
  const spoil = (thing: unknown): void => {
    if (thing instanceof Uint8Array) thing.fill(0);
    else if (typeof thing === 'object' && thing !== null) {
      for (const inner of Object.values(thing)) spoil(inner);
      // In place if possible; otherwise the error is caught.
      for (const key of Object.keys(thing)) Reflect.set(thing, key, secret);
    }
  };
  await using scene = await open(spoil, { commands: [telling, stepwise] });
  const { server, recorder } = scene;
  const commands = [
    implement(telling, async ({ words }, job) => {
      await job.output('stdout', Buffer.from(words.join(' ')));
      return { words };
    }),
  ];
  await using _client = await createClient({ connect: server.endpoint, name: 'w1', commands, ready: true });
  await server.waitForClients(1);
  const words = ['some', 'words'];
  const [told] = (await server.submit('w1', telling, { words })).jobs;
  if (!told) throw new Error('no job');
  const [refused] = await (await server.submit('w1', stepwise, { label: 'a' })).outcomes;
  const outcome = await told.outcome;
  await heard(scene, 'job.settled', ({ command }) => command === 'telling');
  expect(outcome).toMatchObject({ outcome: 'completed', result: { words } });
  expect(await told.outcome).toEqual(outcome);
  expect(refused).toMatchObject({ error: { code: 'unknown_command', message: expect.not.stringContaining(secret) } });
  expect((await server.get(told)).args).toEqual({ words });
  expect((await server.output(told)).map(({ data }) => Buffer.from(data).toString())).toEqual(['some words']);
  expect(recorder.of('job.submitted')[0]?.args).toEqual({ words });
});

test('two observers with the same name are reported separately', async () => {
  const broken = () => {
    throw new Error(secret);
  };
  await using scene = await open(broken, { others: [{ name: 'under-test', on: broken }] });
  await using _fleet = await openFleet(scene, 1);
  expect(scene.faults.map(({ source }) => source)).toEqual(Array(2).fill('observer under-test'));
});

test.for<[string, object]>([
  ['an observer without a name', { observers: [{ on: () => {} }] }],
  ['an observer without a function', { observers: [{ name: 'x' }] }],
  ['an observer that is nothing', { observers: [null] }],
  ['an interceptor that is no function', { interceptors: [{ intercept: () => {} }] }],
])('%s is refused before the server listens', async ([, options]) => {
  await expect(createServer({ bind: 'tcp://127.0.0.1:*', ...options })).rejects.toThrow(refusal('bad_usage'));
});
