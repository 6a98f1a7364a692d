import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createServer, defineCommand, implement } from '../../src/index.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { namesOfVisitors, openClient, openServer, startClient } from '../support/library.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

type Options = NonNullable<Parameters<typeof startClient>[1]>;

/** The first reason that a client gets for not being connected. */
async function heard(server: { endpoint: string }, options: Options): Promise<string> {
  await using client = await startClient(server, options);
  const event = await client.told.first(({ type }) => type === 'disconnected');
  return event.type === 'disconnected'
    ? `${event.error.code}: ${event.error.message.replace(server.endpoint, 'it')}`
    : '';
}

const notItsCredentials =
  'cannot_connect: cannot reach it: it closed the connection: it has no keys, or other keys than these credentials expect; ' +
  'start it with --keys, or use its credentials';

describe('a client of a server with keys', () => {
  test('joins with only its credentials, under their name, and works', async () => {
    using keys = createKeyFolder('db');
    await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
    const steps = createSteps();
    await using client = await openClient(server, { credentials: keys.of('db'), commands: [steps.implementation] });
    await server.waitForClients(1);
    const group = await server.submit('all', stepwise, { label: 'a' });
    (await steps.begins()).end();
    expect(await group.outcomes).toMatchObject([{ client: 'db', outcome: 'completed' }]);
    expect(await server.clients()).toMatchObject([{ name: 'db', credential: 'db' }]);
    expect(client.name).toBe('db');
  });

  test('joins under a name with a suffix if its credentials are for replicas', async () => {
    using keys = createKeyFolder();
    const credentials = keys.store.add('web', { replicas: true });
    await using server = await openServer({ keys: keys.folder });
    await using _one = await openClient(server, { name: 'web-1', credentials });
    await using _two = await openClient(server, { name: 'web-2', credentials });
    await server.waitForClients(2);
    expect(await server.clients()).toMatchObject([
      { name: 'web-1', credential: 'web' },
      { name: 'web-2', credential: 'web' },
    ]);
  });

  test('has the labels in its keys, even before it connects, whatever labels it declares', async () => {
    using keys = createKeyFolder();
    keys.store.addAll(['w1', 'w2'], { labels: { env: 'prod' } });
    await using server = await openServer({ keys: keys.folder });
    await using _ = await openClient(server, { credentials: keys.of('w1'), labels: { env: 'test', site: 'eu' } });
    await server.waitForClients(1);
    expect(await server.resolve('env=prod')).toEqual(['w1', 'w2']);
    await expect(server.resolve('env=test')).rejects.toThrow(refusal('no_such_target'));
    expect((await server.clients()).map(({ labels, vouched }) => ({ labels, vouched }))).toEqual([
      { labels: { env: 'prod', site: 'eu' }, vouched: { env: 'prod' } },
      { labels: { env: 'prod' }, vouched: { env: 'prod' } },
    ]);
  });

  test('leaves its jobs the labels that it had when it received them, even if it is added again with others', async () => {
    using keys = createKeyFolder();
    keys.store.addAll(['w1'], { labels: { env: 'test' } });
    await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
    const steps = createSteps();
    const send = async (count: number) => {
      await using _ = await openClient(server, { credentials: keys.of('w1'), commands: [steps.implementation] });
      await server.waitForClients(1);
      const group = await server.submit('w1', stepwise, { label: 'a' });
      (await steps.begins(count)).end();
      await group.outcomes;
    };
    await send(1);
    keys.store.revoke('w1');
    keys.store.addAll(['w1'], { labels: { env: 'prod' } });
    await vi.waitUntil(async () => (await server.clients())[0]?.vouched.env === 'prod');
    await send(2);
    const { jobs } = await server.history({ command: 'stepwise' });
    expect(jobs.map(({ vouched }) => vouched)).toEqual([{ env: 'prod' }, { env: 'test' }]);
    const [{ id = '', client = null } = {}] = jobs;
    expect(await server.get({ id, client })).toMatchObject({ vouched: { env: 'prod' } });
  });
});

describe('a client is refused with a reason, and the server reports it,', () => {
  test('without a key', async () => {
    using keys = createKeyFolder('w1');
    await using server = await openServer({ keys: keys.folder });
    expect(await heard(server, { name: 'w1' })).toBe(
      'cannot_connect: cannot reach it: it closed the connection; if it has keys, add --credentials FILE',
    );
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test('with a key that was not added', async () => {
    using keys = createKeyFolder('w1');
    const copy = join(keys.folder, 'copy.json');
    copyFileSync(keys.of('w1'), copy);
    keys.store.revoke('w1');
    await using server = await openServer({ keys: keys.folder });
    const said =
      'not_allowed: cannot reach it: it does not accept these credentials: they were not added yet, or were revoked';
    expect(await heard(server, { credentials: copy })).toBe(said);
    const refused = await server.told.first(({ type }) => type === 'client.refused');
    expect(refused).toMatchObject({ address: '127.0.0.1', error: { code: 'not_allowed' } });
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test('with the credentials of another server', async () => {
    using keys = createKeyFolder('w1');
    using others = createKeyFolder('w1');
    await using server = await openServer({ keys: keys.folder });
    expect(await heard(server, { credentials: others.of('w1') })).toBe(notItsCredentials);
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test('with keys, by a server without keys', async () => {
    using keys = createKeyFolder('w1');
    await using server = await openServer();
    expect(await heard(server, { credentials: keys.of('w1') })).toBe(notItsCredentials);
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test.each([
    ['with stolen credentials under the name of another', 'w2', 'the credentials do not belong to w2'],
    ['under a name that was not added', 'w9', 'no credentials are valid for the name w9'],
    [
      'under a name with a suffix, if its credentials are not for replicas',
      'w1-2',
      'no credentials are valid for the name w1-2',
    ],
  ])('%s', async (_, name, why) => {
    using keys = createKeyFolder('w1', 'w2');
    await using server = await openServer({ keys: keys.folder });
    expect(await heard(server, { name, credentials: keys.of('w1') })).toBe(`not_allowed: ${why}`);
    expect(server.told.of('client.refused')).toMatchObject([
      { client: name, error: { code: 'not_allowed', message: why } },
    ]);
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test.each([
    ['with its own key pair and the token and name of another', 'w1', 'w2'],
    ['with the key pair of another and its own token and name', 'w2', 'w1'],
  ])('%s', async (_, keysOf, rest) => {
    using keys = createKeyFolder('w1', 'w2');
    await using server = await openServer({ keys: keys.folder });
    const [pair, other] = [keysOf, rest].map((name) => JSON.parse(readFileSync(keys.of(name), 'utf8')));
    const mixed = join(keys.folder, 'mixed.json');
    const { publicKey, secretKey } = pair;
    writeFileSync(mixed, JSON.stringify({ ...other, publicKey, secretKey }), { mode: 0o600 });
    expect(await heard(server, { credentials: mixed })).toBe(`not_allowed: the credentials do not belong to ${rest}`);
    expect(await namesOfVisitors(server)).toEqual([]);
  });

  test('under a name that is taken, even with the right credentials; it joins when the other has ended', async () => {
    using keys = createKeyFolder('w1');
    await using server = await openServer({ keys: keys.folder });
    const first = await openClient(server, { credentials: keys.of('w1') });
    await using second = await startClient(server, { credentials: keys.of('w1') });
    const refused = await second.told.first(({ type }) => type === 'disconnected');
    expect(refused).toMatchObject({ error: { code: 'name_taken' } });
    await first.close();
    await second.told.first(({ type }) => type === 'connected');
  });
});

describe('a revocation', () => {
  test('ends a replica whose name gets its own credentials; the other replicas stay', async () => {
    using keys = createKeyFolder();
    const credentials = keys.store.add('web', { replicas: true });
    await using server = await openServer({ keys: keys.folder });
    await using seven = await openClient(server, { name: 'web-7', credentials });
    await using eight = await openClient(server, { name: 'web-8', credentials });
    await server.waitForClients(2);
    await using owner = await startClient(server, { credentials: keys.store.add('web-7') });
    const out = await seven.told.first(({ type }) => type === 'disconnected');
    const message = 'web-7 has its own credentials now, so those of web are no longer valid for it';
    expect(out).toMatchObject({ error: { code: 'not_allowed', message } });
    await owner.told.first(({ type }) => type === 'connected');
    await server.waitForClients(2);
    expect(await server.clients()).toMatchObject([
      { name: 'web-7', credential: 'web-7', state: 'ready' },
      { name: 'web-8', credential: 'web', state: 'ready' },
    ]);
    expect(eight.told.of('disconnected')).toEqual([]);
  });

  test('disconnects a client at once and loses its jobs; added again, it joins again', async () => {
    using keys = createKeyFolder('w1', 'w2');
    const steps = createSteps();
    await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
    await using client = await openClient(server, { credentials: keys.of('w1'), commands: [steps.implementation] });
    await using _ = await openClient(server, { name: 'w2', credentials: keys.of('w2') });
    await server.waitForClients(2);
    const group = await server.submit('w1', stepwise, { label: 'a' });
    const work = await steps.begins();
    keys.store.revoke('w1');
    const [lost] = await group.outcomes;
    expect(lost).toMatchObject({ outcome: 'lost', error: { message: 'the credentials of w1 were revoked' } });
    const out = await client.told.first(({ type }) => type === 'disconnected');
    expect(out).toMatchObject({ error: { code: 'not_allowed', message: 'the credentials of w1 were revoked' } });
    expect((await server.clients()).map(({ name, state }) => [name, state])).toEqual([
      ['w1', 'offline'],
      ['w2', 'ready'],
    ]);
    work.end();
    keys.store.add('w1');
    const late = await server.told.first(({ type }) => type === 'job.late');
    expect(late).toMatchObject({ id: group.id, outcome: 'completed' });
    expect(steps.begun).toHaveLength(1);
  });

  test('loses the jobs of an absent client at once', async () => {
    using keys = createKeyFolder('w1');
    const steps = createSteps();
    await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
    const client = await openClient(server, { credentials: keys.of('w1'), commands: [steps.implementation] });
    await server.waitForClients(1);
    const group = await server.submit('w1', stepwise, { label: 'a' });
    await steps.begins();
    keys.store.revoke('w1');
    expect(await group.outcomes).toMatchObject([{ outcome: 'lost' }]);
    await client.close();
  });
});

describe('a command that can run code', () => {
  const shout = defineCommand({
    name: 'shout',
    summary: 'Run what it is given.',
    args: z.strictObject({ what: z.string() }),
    result: z.string(),
    example: 'shout hello',
    runsCode: true,
    auditArgs: ({ what }) => ({ what: `${what.length} characters` }),
  });
  const shouting = implement(shout, ({ what }) => what.toUpperCase());

  test('is disabled unless it is allowed by name', async () => {
    await using server = await openServer({ commands: [shout] });
    await using _ = await openClient(server, { commands: [shouting] });
    await server.waitForClients(1);
    expect((await server.clients())[0]?.commands).not.toContain('shout');
    const outcomes = await (await server.submit('w1', shout, { what: 'a' })).outcomes;
    expect(outcomes).toMatchObject([{ outcome: 'rejected', error: { code: 'not_allowed' } }]);
  });

  test('cannot be allowed over plain loopback, where any process could be the server', async () => {
    await using server = await openServer({ commands: [shout] });
    await expect(startClient(server, { commands: [shouting], allow: ['shout'] })).rejects.toThrow(
      refusal('not_allowed'),
    );
  });

  test('runs if it is allowed and the server has proved its identity; events have the arguments that the contract lets an audit keep', async () => {
    using keys = createKeyFolder('w1');
    const observer = new RecordingObserver();
    await using server = await openServer({ keys: keys.folder, commands: [shout], observers: [observer] });
    const allowed = { credentials: keys.of('w1'), commands: [shouting], allow: ['shout'] };
    await using _ = await openClient(server, allowed);
    await server.waitForClients(1);
    const group = await server.submit('w1', shout, { what: 'secret' });
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: 'SECRET' }]);
    const about = { id: group.id, client: 'w1', command: 'shout' };
    expect(observer.events.filter(({ type }) => type !== 'client.state')).toMatchObject([
      { type: 'client.handshake', address: '127.0.0.1', credential: 'w1', allowed: true },
      { type: 'client.joined', client: 'w1', credential: 'w1' },
      { type: 'job.submitted', actor: 'owner', ...about, args: { what: '6 characters' } },
      { type: 'job.accepted', ...about },
      { type: 'job.settled', ...about, outcome: 'completed', result: 'SECRET' },
    ]);
    expect(JSON.stringify(observer.events)).not.toContain('secret');
  });

  test('does not run if only others are allowed', async () => {
    await using server = await openServer({ commands: [stepwise] });
    await using _ = await openClient(server, { allow: ['ping'], commands: [createSteps().implementation] });
    await server.waitForClients(1);
    const outcomes = await (await server.submit('w1', stepwise, { label: 'a' })).outcomes;
    expect(outcomes).toMatchObject([{ outcome: 'rejected', error: { code: 'not_allowed' } }]);
  });

  test('cannot be allowed if the client does not have it', async () => {
    await using server = await openServer();
    await expect(startClient(server, { allow: ['pong'] })).rejects.toThrow(refusal('bad_usage'));
  });
});

test('a server does not start if its keys are missing', async () => {
  const bind = 'tcp://127.0.0.1:*';
  await expect(createServer({ bind, keys: '/nowhere' })).rejects.toThrow(refusal('not_allowed'));
});
