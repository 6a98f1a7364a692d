import { describe, expect, test } from 'vitest';
import type { RoleDefinitions } from '../../schemas/roles.ts';
import type { Event, JobService } from '../../src/index.ts';
import { ping } from '../../src/index.ts';
import { openClient } from '../support/library.ts';
import { stepwise } from '../support/stepwise.ts';
import { openScene } from './scene.ts';

const definitions: RoleDefinitions = {
  tester: { do: [{ commands: ['ping', 'stepwise'], targets: 'env=test' }] },
};
const minute = 60_000;

/** The events of a reader up to a matching one. */
async function eventsUntil(reader: AsyncIterable<Event>, isLast: (event: Event) => boolean): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of reader) {
    events.push(event);
    if (isLast(event)) break;
  }
  return events;
}

const ofClient = (client: string) => (event: Event) =>
  event.type.startsWith('client.') && 'client' in event && event.client === client;

/** Up to a ping of the owner, which is visible. */
async function logOf(scene: Awaited<ReturnType<typeof openScene>>, service: JobService): Promise<Event[]> {
  const { id } = await scene.owner.submit('t1', ping, {});
  return await eventsUntil(service.watch({ from: 1 }), (event) => event.type === 'job.settled' && event.id === id);
}

describe('events of a client are filtered by the labels in its keys at the time of the event', () => {
  test('of a client that was env=prod before, only the later ones are visible', async () => {
    await using scene = await openScene(definitions);
    const { keys, server } = scene;
    await using reader = server.watch();
    keys.store.addAll(['c1'], { labels: { env: 'prod' } });
    const commands = [scene.steps.implementation];
    const first = await openClient(server, { credentials: keys.of('c1'), commands });
    await first.close();
    await eventsUntil(reader, (event) => event.type === 'client.left' && event.client === 'c1');
    keys.store.revoke('c1');
    keys.store.addAll(['c1'], { labels: { env: 'test' } });
    await using _ = await openClient(server, { credentials: keys.of('c1'), commands });
    await server.waitForClients(4);
    const seen = (await logOf(scene, scene.as('tester'))).filter(ofClient('c1'));
    const all = (await logOf(scene, scene.owner)).filter(ofClient('c1'));
    const labelsOf = (events: Event[]) =>
      events.map((event) => `${event.type} ${'vouched' in event ? event.vouched?.env : ''}`);
    expect(labelsOf(all)).toContain('client.joined prod');
    expect(labelsOf(all)).toContain('client.left prod');
    expect(labelsOf(seen)).toContain('client.joined test');
    expect(seen).toEqual(all.filter((event) => 'vouched' in event && event.vouched?.env === 'test'));
  });

  test('of a client whose credentials are revoked, its departure is visible', async () => {
    await using scene = await openScene(definitions);
    const { keys, server } = scene;
    keys.store.addAll(['c1'], { labels: { env: 'test' } });
    await using _ = await openClient(server, { credentials: keys.of('c1') });
    await using reader = scene.as('tester').watch();
    keys.store.revoke('c1');
    const left = (event: Event) => event.type === 'client.left';
    expect((await eventsUntil(reader, left)).at(-1)).toMatchObject({ client: 'c1', vouched: { env: 'test' } });
  });

  test('of a client that never connected, it is visible that it is expected, and no longer expected', async () => {
    await using scene = await openScene(definitions);
    const { keys } = scene;
    await using reader = scene.as('tester').watch();
    keys.store.addAll(['p2'], { labels: { env: 'prod' } });
    keys.store.addAll(['c1'], { labels: { env: 'test' } });
    const expected = await eventsUntil(reader, ({ type }) => type === 'client.expected');
    keys.store.revoke('c1');
    keys.store.revoke('p2');
    await using again = scene.as('tester').watch({ from: 1 });
    const forgotten = await eventsUntil(again, ({ type }) => type === 'client.forgotten');
    expect(expected.at(-1)).toMatchObject({ client: 'c1' });
    expect(forgotten.filter(ofClient('c1')).map(({ type }) => type)).toEqual(['client.expected', 'client.forgotten']);
    expect(JSON.stringify(forgotten)).not.toContain('p2');
  });
});

describe('a place without a client', () => {
  test('is visible only to its own actor up to its end', async () => {
    await using scene = await openScene(definitions);
    const { roles, operators, server } = scene;
    const role = roles.get('tester');
    if (role) operators.set('other', role);
    const [own, other] = [scene.as('tester'), scene.as('other')];
    await using ownReader = own.watch();
    await using otherReader = other.watch();
    const options = { pick: 1, expiresInMs: minute };
    // None of the clients has this label in its keys.
    const group = await own.submit('role=none', stepwise, { label: 'a' }, options);
    const [{ id = '', place = 1 } = {}] = group.jobs;
    expect(await own.list()).toContainEqual(expect.objectContaining({ id, client: null, place }));
    expect((await other.list()).filter((job) => job.id === id)).toEqual([]);
    await expect(other.get({ id, client: null, place })).rejects.toThrow();
    await own.cancel([{ id, client: null, place }]);
    const isEnd = (event: Event) => event.type === 'job.settled' && event.client === null;
    const seen = await eventsUntil(ownReader, isEnd);
    const types = seen.flatMap((event) => ('id' in event && event.id === id ? event.type : []));
    expect(types).toEqual(['job.submitted', 'job.settled']);
    const last = await server.as('local:owner').submit('t1', ping, {});
    const ofOther = await eventsUntil(otherReader, (event) => event.type === 'job.settled' && event.id === last.id);
    expect(ofOther.filter((event) => 'id' in event && event.id === id)).toEqual([]);
  });

  test('is not bound to a client that only declares labels that are not in its keys', async () => {
    await using scene = await openScene(definitions);
    const { keys, steps, server } = scene;
    const own = scene.as('tester');
    await using reader = own.watch();
    const group = await own.submit('role=late', stepwise, { label: 'a' }, { pick: 1, expiresInMs: minute });
    keys.store.addAll(['p2'], { labels: { env: 'prod' } });
    keys.store.addAll(['liar']);
    keys.store.addAll(['t2'], { labels: { env: 'test' } });
    const commands = [steps.implementation];
    await using p2 = await openClient(server, { credentials: keys.of('p2'), commands, labels: { role: 'late' } });
    const said = { role: 'late', env: 'test' };
    await using liar = await openClient(server, { credentials: keys.of('liar'), commands, labels: said });
    await server.waitForClients(5);
    await using t2 = await openClient(server, { credentials: keys.of('t2'), commands, labels: { role: 'late' } });
    (await steps.begins()).end();
    expect(await group.outcomes).toMatchObject([{ client: 't2', outcome: 'completed' }]);
    const seen = await eventsUntil(reader, (event) => event.type === 'job.settled' && event.id === group.id);
    expect(JSON.stringify(seen)).not.toMatch(/p2|liar/);
    await Promise.all([p2.close(), liar.close(), t2.close()]);
  });
});
