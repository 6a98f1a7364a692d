import { expect, test } from 'vitest';
import { z } from 'zod';
import { createServer, defineCommand, type Interceptor, implement, ping, type Server } from '../../src/index.ts';
import { openClient } from '../support/library.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const passing: Interceptor = (call, next) => next(call);
/** Creates a variant of each call. */
const renaming: Interceptor = async (call, next) =>
  await next(call.method === 'submit' ? { ...call, args: { label: `${call.args.label}+` } } : call);

async function open(interceptors: readonly Interceptor[] = []) {
  await using stack = new AsyncDisposableStack();
  const [recorder, steps] = [new RecordingObserver(), createSteps()];
  const commands = [stepwise, ping];
  const options = { bind: 'tcp://127.0.0.1:*', commands, observers: [recorder], interceptors };
  const server: Server = stack.use(await createServer(options));
  for (const name of ['w1', 'w2']) stack.use(await openClient(server, { name, commands: [steps.implementation] }));
  const alice = server.as('alice');
  await alice.waitForClients(2);
  const kept = stack.move();
  const sent = () => recorder.of('job.submitted').length;
  return { server, alice, steps, sent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const variants: [string, readonly Interceptor[]][] = [
  ['without interceptors', []],
  ['through an interceptor', [passing]],
  ['through an interceptor that changes the arguments', [renaming]],
];

test.for(variants)(
  '%s the same key gives the same group, while it runs and after it has ended, and sends once',
  async ([, interceptors]) => {
    await using scene = await open(interceptors);
    const submit = () => scene.alice.submit('w*', stepwise, { label: 'a' }, { key: 'k' });
    const [first, second] = await Promise.all([submit(), submit()]);
    expect(second).toBe(first);
    for (const at of [1, 2]) (await scene.steps.begins(at)).end();
    expect((await first.outcomes).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(await submit()).toBe(first);
    expect(scene.sent()).toBe(2);
  },
);

test.for(variants)(
  '%s a key is refused with another command, target or arguments, and nothing is sent',
  async ([, interceptors]) => {
    await using scene = await open(interceptors);
    await scene.alice.submit('w1', stepwise, { label: 'a' }, { key: 'k' });
    const { alice } = scene;
    const others = [
      () => alice.submit('w1', stepwise, { label: 'b' }, { key: 'k' }),
      () => alice.submit('w2', stepwise, { label: 'a' }, { key: 'k' }),
      () => alice.submit(['w1', 'w2'], stepwise, { label: 'a' }, { key: 'k' }),
      () => alice.submit('w1', ping, {}, { key: 'k' }),
    ];
    for (const other of others) await expect(other()).rejects.toThrow(refusal('bad_usage'));
    expect(scene.sent()).toBe(1);
  },
);

test('keys belong to an actor: the same key of another actor is a new submission', async () => {
  await using scene = await open();
  const own = await scene.alice.submit('w1', ping, {}, { key: 'k' });
  const others = await scene.server.as('bob').submit('w1', ping, {}, { key: 'k' });
  expect(others.id).not.toBe(own.id);
  // No two pairs of actor and key are confused.
  expect((await scene.server.as('a').submit('w1', ping, {}, { key: 'b c' })).id).not.toBe(
    (await scene.server.as('a b').submit('w1', ping, {}, { key: 'c' })).id,
  );
  expect(scene.sent()).toBe(4);
});

test('a key gives its group even if its client has gone, and no submission without a key does', async () => {
  await using scene = await open();
  const client = await openClient(scene.server, { name: 'gone' });
  await scene.alice.waitForClients(3);
  const group = await scene.alice.submit('gone', ping, {}, { key: 'k' });
  await group.outcomes;
  await client.close();
  expect(await scene.alice.submit('gone', ping, {}, { key: 'k' })).toBe(group);
  expect((await scene.alice.submit('w1', ping, {})).id).not.toBe((await scene.alice.submit('w1', ping, {})).id);
});

test('a refused submission leaves its key free', async () => {
  let isAllowed = false;
  await using scene = await open([
    async (call, next) => {
      if (call.method === 'submit' && !isAllowed) throw new Error('not now');
      return await next(call);
    },
  ]);
  await expect(scene.alice.submit('w1', ping, {}, { key: 'k' })).rejects.toThrow('not now');
  isAllowed = true;
  expect(await (await scene.alice.submit('w2', ping, {}, { key: 'k' })).outcomes).toMatchObject([
    { outcome: 'completed' },
  ]);
});

const listed = defineCommand({
  name: 'listed',
  summary: 'Take a list.',
  args: z.strictObject({ list: z.array(z.strictObject({ word: z.string() })) }),
  result: z.null(),
  example: 'listed',
});

test('a key stands for the original request, whatever an interceptor or its caller changes later', async () => {
  const changing: Interceptor = async (call, next) => {
    if (call.method === 'submit') Object.assign((call.args.list as object[])[0] ?? {}, { word: 'changed' });
    return await next(call);
  };
  await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: [listed], interceptors: [changing] });
  await using _client = await openClient(server, { name: 'w1', commands: [implement(listed, () => null)] });
  await server.waitForClients(1);
  const targets = ['w1'];
  const args = () => ({ list: [{ word: 'asked' }] });
  const first = await server.submit(targets, listed, args(), { key: 'k' });
  targets.push('w2');
  expect(await server.submit('w1', listed, args(), { key: 'k' })).toBe(first);
  expect((await server.list()).map((job) => job.args)).toEqual([{ list: [{ word: 'changed' }] }]);
});
