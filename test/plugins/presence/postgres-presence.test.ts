import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { Recorder } from '../../../src/plugins/presence/gateway/recorder.ts';
import { PostgresPresence } from '../../../src/plugins/presence/store/postgres-presence.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { NotedSpan } from './noted-span.ts';
import { Told } from './open-presence.ts';
import { MovedClock, storeCases } from './store-cases.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** How long ago a user was seen, by the clock of the database. */
const secondsAgo = (store: PostgresPresence, userId: string): number =>
  Number(
    cluster.sql(
      `SELECT extract(epoch FROM clock_timestamp() - seen_at) FROM ${store.address.schema}.online_users WHERE user_id = '${userId}'`,
    ),
  );

describe.skipIf(noPostgres !== undefined)('in PostgreSQL, presence', () => {
  test.each(storeCases)('$title', async ({ run }) => {
    const clock = new MovedClock();
    const place = cluster.place();
    await run(async () => new PostgresPresence(place, { now: clock.now }), clock);
  });

  test('is shared by all processes that open it, the first two at the same time', async () => {
    const place = cluster.place();
    await using one = new PostgresPresence(place);
    await using other = new PostgresPresence(place);
    const atMs = performance.now();
    await Promise.all([
      one.put([{ userId: 'ann', atMs }]),
      other.put([{ userId: 'ann', atMs }]),
      one.count(),
      other.count(),
    ]);
    await other.put([{ userId: 'bob', atMs }]);
    expect([await one.count(), await other.count()]).toEqual([2, 2]);
  });

  test('links a traced count to one batch of each gateway, and forgets those that are no longer counted', async () => {
    const place = cluster.place();
    await using one = new PostgresPresence(place);
    await using other = new PostgresPresence(place);
    const [ofOne, ofOther] = [new NotedSpan(1), new NotedSpan(2)];
    await one.put([{ userId: 'ann', atMs: performance.now() }], ofOne);
    await other.put([{ userId: 'bob', atMs: performance.now() }], ofOther);
    const linked = async () => {
      const asked = new NotedSpan(3);
      expect(await one.count(asked)).toBe(2);
      return asked.links;
    };
    expect(await linked()).toEqual([ofOther.traceparent, ofOne.traceparent]);
    const table = `${one.address.schema}.traced_batches`;
    cluster.sql(`UPDATE ${table} SET stored_at = now() - interval '3 min' WHERE traceparent = '${ofOne.traceparent}'`);
    expect(await linked()).toEqual([ofOther.traceparent]);
    await other.prune();
    expect(cluster.sql(`SELECT traceparent FROM ${table}`).trim()).toBe(ofOther.traceparent);
  });

  test('of the version without traces is upgraded', async () => {
    const place = cluster.place();
    await using old = new PostgresPresence(place);
    await old.put([{ userId: 'ann', atMs: performance.now() }]);
    const { schema } = old.address;
    cluster.sql(`DROP TABLE ${schema}.traced_batches; UPDATE ${schema}.version SET version = 1`);
    await using next = new PostgresPresence(place);
    expect(await next.count(new NotedSpan(1))).toBe(1);
  });

  test('shares a database with the store of a server, whichever came first', async () => {
    for (const order of [0, 1]) {
      const place = cluster.place();
      await using presence = new PostgresPresence(place);
      if (order === 0) await presence.put([{ userId: 'ann', atMs: performance.now() }]);
      await using store = await openPostgresStore(place);
      await presence.put([{ userId: 'ann', atMs: performance.now() }]);
      expect([await presence.count(), (await store.info()).jobs]).toEqual([1, 0]);
    }
  });

  test('of a newer version is refused', async () => {
    await using old = new PostgresPresence(cluster.place());
    await old.count();
    cluster.sql(`UPDATE ${old.address.schema}.version SET version = 99`);
    await using other = new PostgresPresence(cluster.address(`schema=${old.address.schema.replace('_presence', '')}`));
    await expect(other.count()).rejects.toMatchObject({ code: 'bad_store', message: expect.stringContaining('99') });
  });

  test('stores overlapping batches without a deadlock, also next to deletes', async () => {
    const place = cluster.place();
    await using one = new PostgresPresence(place);
    await using other = new PostgresPresence(place);
    const ids = Array.from({ length: 2_000 }, (_, at) => `user-${String(at).padStart(4, '0')}`);
    const put = (store: PostgresPresence, agoMs: number) =>
      store.put(ids.map((userId) => ({ userId, atMs: performance.now() - agoMs })));
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([put(one, round % 2 === 0 ? 0 : 200_000), put(other, 200_000), one.prune(), other.prune()]);
    }
    await put(one, 0);
    expect(await other.count()).toBe(2_000);
  });

  test('deletes all rows that no longer count, however many there are', async () => {
    await using store = new PostgresPresence(cluster.place());
    const atMs = performance.now() - 200_000;
    await store.put(Array.from({ length: 25_000 }, (_, at) => ({ userId: `user-${at}`, atMs })));
    await store.put([{ userId: 'ann', atMs: performance.now() }]);
    await store.prune();
    expect(cluster.sql(`SELECT count(*) FROM ${store.address.schema}.online_users`)).toBe('1');
  });

  test('keeps the age of sightings that its gateway has held back', async () => {
    const clock = new MovedClock();
    const told = new Told();
    await using store = new PostgresPresence(cluster.place(), { now: clock.now });
    await store.count();
    await using recorder = new Recorder(store, { events: told, now: clock.now, maxRows: 10, everyMs: 3_600_000 });
    await cluster.down('SIGKILL');
    recorder.see('ann');
    await recorder.flush();
    clock.aheadMs += 100_000;
    recorder.see('bob');
    await recorder.flush();
    expect(told.failures).toEqual([expect.stringContaining('nobody listens there'), expect.anything()]);
    clock.aheadMs += 70_000;
    await cluster.up();
    await recorder.flush();
    expect(told.failures.at(-1)).toBe(undefined);
    expect(await store.count()).toBe(2);
    expect(secondsAgo(store, 'ann')).toBeGreaterThan(170);
    expect(secondsAgo(store, 'bob')).toBeGreaterThan(70);
    expect(secondsAgo(store, 'bob')).toBeLessThan(170);
  });

  test('keeps the age of sightings that a frozen database delays', async () => {
    const clock = new MovedClock();
    await using store = new PostgresPresence(cluster.place(), { now: clock.now });
    await store.put([{ userId: 'bob', atMs: clock.now() }]);
    cluster.freeze();
    const atMs = clock.now();
    const put = store.put([{ userId: 'ann', atMs }]);
    clock.aheadMs += 60_000;
    cluster.thaw();
    await put;
    expect(secondsAgo(store, 'ann')).toBeGreaterThan(60);
  });

  test('counts again as soon as a database is back', async () => {
    await using store = new PostgresPresence(cluster.place());
    await store.put([{ userId: 'ann', atMs: performance.now() }]);
    await cluster.down('SIGQUIT');
    await expect(store.count()).rejects.toMatchObject({ code: 'unavailable' });
    await cluster.up();
    expect(await store.count()).toBe(1);
  });

  test('keeps no user longer than others because the clock of the database was set back', async () => {
    await using store = new PostgresPresence(cluster.place());
    await store.put([{ userId: 'ann', atMs: performance.now() }]);
    cluster.sql(`UPDATE ${store.address.schema}.online_users SET seen_at = seen_at + interval '1 hour'`);
    await store.put([{ userId: 'ann', atMs: performance.now() }]);
    expect(secondsAgo(store, 'ann')).toBeGreaterThanOrEqual(0);
  });
});
