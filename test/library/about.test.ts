import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, type Fault, implement, ping } from '../../src/index.ts';
import { openClient, openPair, openServer, startClient } from '../support/library.ts';
import { refusal } from '../support/refusal.ts';

test('a server knows the labels of a client, the facts about its machine, and whether it was named', async () => {
  await using pair = await openPair({ client: { labels: { env: 'prod' }, named: false } });
  const facts = { os: process.platform, arch: process.arch, node: process.versions.node };
  expect(await pair.server.clients()).toMatchObject([{ labels: { env: 'prod' }, facts, named: false }]);
});

test('changed labels replace the previous ones', async () => {
  await using pair = await openPair({ client: { labels: { env: 'prod' } } });
  pair.client.setLabels({ zone: 'eu/1' });
  const group = await pair.server.submit('w1', ping, {});
  await group.outcomes;
  expect(await pair.server.clients()).toMatchObject([{ labels: { zone: 'eu/1' }, named: true }]);
});

test.each<[string, Record<string, string>]>([
  ['a name that no client could have', { Env: 'prod' }],
  ['a value with a space', { env: 'prod eu' }],
  ['an empty value', { env: '' }],
  ['more than 64', Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, 'x']))],
])('labels with %s are refused', async (_what, labels) => {
  await using server = await openServer();
  await expect(startClient(server, { labels })).rejects.toThrow(refusal('bad_usage'));
});

describe('facts of a command', () => {
  type Facts = NonNullable<Parameters<typeof implement>[2]>['facts'];
  const knowing = (name: string, facts: Facts) =>
    implement(
      defineCommand({ name, summary: 'Know.', args: z.strictObject({}), result: z.null(), example: name }),
      () => null,
      { ...(facts && { facts }) },
    );
  const own = { os: process.platform, arch: process.arch, node: process.versions.node };

  test('are shown next to those of the client, which they cannot replace; of two commands the first wins', async () => {
    const commands = [
      knowing('one', async () => ({ engine: 'Docker 20.10.24', os: 'another' })),
      knowing('two', () => ({ engine: 'none', gpu: '2' })),
    ];
    await using pair = await openPair({ client: { commands } });
    expect(await pair.server.clients()).toMatchObject([{ facts: { ...own, engine: 'Docker 20.10.24', gpu: '2' } }]);
  });

  test('that are found late are reported then, and delay nobody', async () => {
    const late = Promise.withResolvers<{ engine: string }>();
    await using pair = await openPair({ client: { commands: [knowing('one', () => late.promise)] } });
    const facts = async () => (await pair.server.clients())[0]?.facts;
    expect(await facts()).toEqual(own);
    late.resolve({ engine: 'Docker 20.10.24' });
    await expect.poll(facts).toEqual({ ...own, engine: 'Docker 20.10.24' });
  });

  test('that cannot be determined, or are invalid, are reported once and are not shown', async () => {
    const faults: Fault[] = [];
    const commands = [
      knowing('one', () => Promise.reject(new Error('the engine is away'))),
      knowing('two', () => ({ engine: 'x'.repeat(256) })),
    ];
    await using pair = await openPair({ client: { commands, onFault: (fault) => faults.push(fault) } });
    expect(await pair.server.clients()).toMatchObject([{ facts: own }]);
    expect(faults.map(({ source, error }) => `${source}: ${error.message}`)).toEqual([
      'facts of one: the engine is away',
      'facts of two: facts must be names with strings of at most 255 bytes',
    ]);
  });

  test('are determined again for each connection', async () => {
    let count = 0;
    const commands = [knowing('one', () => ({ asked: String(++count) }))];
    await using former = await openServer();
    await using client = await openClient(former, { commands });
    await former.close();
    await using next = await openServer({ bind: former.endpoint });
    await next.waitForClients(1);
    const [view] = await next.clients();
    expect(Number(view?.facts.asked)).toBeGreaterThan(1);
    expect(client.state).toBe('ready');
  });
});
