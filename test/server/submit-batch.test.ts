import { expect, test } from 'vitest';
import { z } from 'zod';
import { ping } from '../../schemas/commands/ping.ts';
import { defineCommand, implement } from '../../src/index.ts';
import { openClient, openServer } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `w${index + 1}`);

/** A server, clients whose jobs a test ends, and the clients that have started. */
async function openClients(count: number) {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await openServer({ commands: [stepwise] }));
  const steps = new Map<string, ReturnType<typeof createSteps>>();
  for (const name of names(count)) {
    const own = createSteps();
    steps.set(name, own);
    opening.use(await openClient(server, { name, commands: [own.implementation] }));
  }
  await server.waitForClients(count);
  const stack = opening.move();
  return {
    server,
    begins: async (name: string, nth = 1) => await (steps.get(name) ?? createSteps()).begins(nth),
    begun: () => names(count).filter((name) => (steps.get(name)?.begun.length ?? 0) > 0),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const label = { label: 'x' };

test('the clients get it one after the other, and after too many failures no more do', async () => {
  await using scene = await openClients(4);
  const { server, begins, begun } = scene;
  const group = await server.submit('w*', stepwise, label, { batch: 1, maxFailures: 0 });
  expect(group.jobs).toHaveLength(4);
  (await begins('w1')).end();
  (await begins('w2')).fail(new Error('no'));
  const outcomes = await group.outcomes;
  expect(outcomes.map((one) => (one.outcome === 'completed' ? 'completed' : one.error.code))).toEqual([
    ...['completed', 'command_failed'],
    ...['not_sent', 'not_sent'],
  ]);
  expect(begun()).toEqual(['w1', 'w2']);
});

test('a percentage of the clients is rounded down, to at least one', async () => {
  await using scene = await openClients(5);
  const { server } = scene;
  const held = async (options: object) => {
    const group = await server.submit('w*', stepwise, label, options);
    const jobs = (await server.list()).filter(({ id }) => id === group.id);
    const { batch } = await server.get({ id: group.id, client: 'w5' });
    await group.cancel();
    await group.outcomes;
    return [jobs.filter((job) => job.held).map(({ client }) => client), batch];
  };
  expect(await held({ batch: '50%', maxFailures: '50%' })).toEqual([
    ['w3', 'w4', 'w5'],
    { size: 2, maxFailures: 2, failures: 0 },
  ]);
  expect(await held({ batch: '1%' })).toEqual([['w2', 'w3', 'w4', 'w5'], { size: 1, failures: 0 }]);
  expect(await held({ batch: 100 })).toEqual([[], { size: 100, failures: 0 }]);
});

test('cancelling a batch sends nothing more; cancelling only unsent jobs leaves running ones alone', async () => {
  await using scene = await openClients(4);
  const { server, begins, begun } = scene;
  const group = await server.submit('w*', stepwise, label, { batch: 2 });
  const step = await begins('w1');
  await begins('w2');
  await server.cancel(group.jobs, { unsent: true });
  step.end();
  expect((await group.jobs[0]?.outcome)?.outcome).toBe('completed');
  expect((await server.get({ id: group.id, client: 'w2' })).state).toBe('accepted');
  const other = await server.submit('w*', stepwise, label, { batch: 2 });
  await begins('w1', 2);
  await group.cancel();
  await other.cancel();
  const codes = async ({ outcomes }: typeof group) =>
    (await outcomes).map((one) => (one.outcome === 'completed' ? 'completed' : one.error.code));
  expect([await codes(group), await codes(other)]).toEqual([
    ['completed', 'cancelled', 'not_sent', 'not_sent'],
    ['cancelled', 'cancelled', 'not_sent', 'not_sent'],
  ]);
  expect(begun()).toEqual(['w1', 'w2']);
});

test('a batch consists of the chosen clients', async () => {
  await using scene = await openClients(4);
  const { server, begins, begun } = scene;
  // Places that wait for clients cannot be in batches.
  const tooMany = server.submit('w*', stepwise, label, { pick: 5, batch: 1, expiresInMs: 60_000 });
  await expect(tooMany).rejects.toThrow(refusal('no_such_target'));
  await server.submit(['w1', 'w2'], stepwise, label);
  await Promise.all([begins('w1'), begins('w2')]);
  const group = await server.submit('w*', stepwise, label, { pick: 2, batch: '50%' });
  expect(group.jobs.map(({ client }) => client)).toEqual(['w3', 'w4']);
  await begins('w3');
  expect(begun()).toEqual(['w1', 'w2', 'w3']);
  (await begins('w3')).end();
  (await begins('w4')).end();
  expect((await group.outcomes).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
});

test('a client that joins in the meantime is not part of the batch', async () => {
  await using scene = await openClients(2);
  const { server, begins } = scene;
  const group = await server.submit('all', stepwise, label, { batch: 1 });
  const late = createSteps();
  await using _w9 = await openClient(server, { name: 'w9', commands: [late.implementation] });
  await server.waitForClients(3);
  (await begins('w1')).end();
  (await begins('w2')).end();
  expect((await group.outcomes).map(({ client }) => client)).toEqual(['w1', 'w2']);
  expect(late.begun).toEqual([]);
});

test('an invalid number of clients, a maximum without a batch, and a batch of standing jobs are refused', async () => {
  const standing = defineCommand({
    ...{ name: 'serve', summary: 'Serve.', args: z.strictObject({}), result: z.null(), example: 'serve' },
    standing: true,
  });
  await using server = await openServer({ commands: [stepwise, standing] });
  const implementation = implement(standing, async () => null);
  await using _client = await openClient(server, { commands: [implementation, createSteps().implementation] });
  await server.waitForClients(1);
  const submit = (options: object) => server.submit('w1', stepwise, label, options);
  for (const batch of [0, 1.5, -1, '0%', '101%', 'x', '10', Number.NaN]) {
    await expect(submit({ batch })).rejects.toThrow(refusal('bad_arguments'));
  }
  await expect(submit({ batch: 1, maxFailures: -1 })).rejects.toThrow(refusal('bad_arguments'));
  await expect(submit({ maxFailures: 1 })).rejects.toThrow(refusal('bad_usage'));
  await expect(server.submit('w1', standing, {}, { batch: 1 })).rejects.toThrow(refusal('bad_usage'));
  expect(await server.list()).toEqual([]);
});

test('of many clients, 10 % at once, 30 fail where 2 may: nothing is sent to replace the third failure', async () => {
  const count = Number(process.env.BATCH_CLIENTS ?? 200);
  const size = Math.floor(count / 10);
  const fails = new Set(Array.from({ length: 30 }, (_, index) => `w${Math.floor(((index + 1) * count) / 31)}`));
  const begun = new Set<string>();
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await openServer({ commands: [stepwise] }));
  const implementationOf = (name: string) =>
    implement(stepwise, async () => {
      begun.add(name);
      if (fails.has(name)) throw new Error('no');
      return { label: 'x', length: 1 };
    });
  for (const name of names(count)) {
    opened.use(await openClient(server, { name, commands: [implementationOf(name)] }));
  }
  await server.waitForClients(count);
  const group = await server.submit('w*', stepwise, label, { batch: '10%', maxFailures: 2 });
  const outcomes = await group.outcomes;
  const unsent = outcomes.filter((one) => one.outcome === 'cancelled' && one.error.code === 'not_sent');
  const ended = server.told.of('job.settled').filter(({ error }) => error?.code !== 'not_sent');
  const third = ended.filter(({ outcome }) => outcome === 'failed')[2];
  // A place becomes free at each end; that of the third failure is not used.
  expect(begun.size).toBe(Math.min(count, size + ended.indexOf(third ?? ended[0] ?? fail())));
  expect(unsent.map(({ client }) => client).sort()).toEqual(
    names(count)
      .filter((name) => !begun.has(name))
      .sort(),
  );
  expect(ended).toHaveLength(begun.size);
});

const fail = (): never => {
  throw new Error('nothing has ended');
};

test('a client that received later commands before its turn still runs the command', async () => {
  await using scene = await openClients(2);
  const { server, begins } = scene;
  const group = await server.submit('w*', stepwise, label, { batch: 1 });
  const first = await begins('w1');
  await (await server.submit('w*', ping, {})).outcomes;
  first.end();
  (await begins('w2')).end();
  expect((await group.outcomes).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
});
