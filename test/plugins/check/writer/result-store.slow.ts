import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginOf, dayOf, tableOf } from '../../../../src/plugins/check/writer/store/days.ts';
import { insertResults } from '../../../../src/plugins/check/writer/store/insert-results.ts';
import { ResultStore } from '../../../../src/plugins/check/writer/store/result-store.ts';
import { Session } from '../../../../src/plugins/postgres/session.ts';
import { noPostgres, PostgresCluster } from '../../../support/postgres-cluster.ts';
import { dayMs, down, hourMs, message, receivedResult, series } from './messages.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const keeping = { keepMs: 10 * dayMs, keepHourlyMs: 100 * dayMs };
const open = (place = cluster.place()) => new ResultStore(place, keeping);
const sql = ({ address }: ResultStore, text: string): string =>
  cluster.sql(`SET search_path TO ${address.schema}; ${text}`).replace(/^SET\n?/, '');

/** The counts of the hours, and the expected counts from the results themselves. */
const hours = (store: ResultStore) => ({
  counted: sql(store, 'SELECT check_id, hour, results, ok, round(ok_ms) FROM hourly ORDER BY 1, 2'),
  expected: sql(
    store,
    `SELECT check_id, date_trunc('hour', planned_at, 'UTC'), count(*), count(*) FILTER (WHERE ok),
       round(coalesce(sum(total_ms) FILTER (WHERE ok), 0)::float8)
     FROM results WHERE error_kind IS DISTINCT FROM 'client_fault' GROUP BY 1, 2 ORDER BY 1, 2`,
  ),
});

describe.skipIf(noPostgres !== undefined)('in PostgreSQL, results', () => {
  test('are stored and counted once, however often they arrive', async () => {
    await using store = open();
    const results = series(50, (at) => ({ plannedAtMs: Date.now() - at * 600_000, ...(at % 10 === 0 && down) }));
    expect(await store.put(results, [])).toEqual({ rows: 50, duplicates: 0, poison: [] });
    expect(await store.put(results, [])).toEqual({ rows: 0, duplicates: 50, poison: [] });
    const others = series(10, () => ({ job: 'two' }));
    expect(await store.put([...results, ...others, ...others], [])).toMatchObject({ rows: 10, duplicates: 60 });
    expect(sql(store, 'SELECT count(*), count(*) FILTER (WHERE ok) FROM results')).toBe('60|55');
    const { counted, expected } = hours(store);
    expect(counted).toBe(expected);
  });

  test('have all fields of the message, with the name of the check', async () => {
    await using store = open();
    const atMs = dayOf(Date.now()) * dayMs;
    const whole = {
      ...{ plannedAtMs: atMs, atMs: atMs + 1.5, tlsMs: 2.5, certificateDaysLeft: -3, match: false, redirects: 2 },
      ...{ url: 'http://other.example/', address: '2001:db8::1', ...down },
    };
    await store.put([receivedResult({ seq: 1, plannedAtMs: atMs - 1 }), receivedResult({ seq: 2, ...whole })], []);
    const [first, second] = sql(
      store,
      `SELECT json_build_object('check', "check", 'client', client, 'late', extract(epoch FROM at - planned_at), 'tls', tls_ms, 'days',
         certificate_days_left, 'match', match, 'redirects', redirects, 'url', url, 'address', address, 'kind', error_kind, 'state', state)
       FROM named_results ORDER BY planned_at`,
    )
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({ check: 'shop', client: 'edge', url: 'http://shop.example/', address: '192.0.2.1' });
    expect(second).toEqual({
      ...{ check: 'shop', client: 'edge', late: 0.0015, tls: 2.5, days: -3, match: false, redirects: 2 },
      ...{ url: 'http://other.example/', address: '2001:db8::1', kind: 'status', state: 'down' },
    });
  });

  test('of two jobs at one time are two, and so are two of one job with the same time after its clock was set back', async () => {
    await using store = open();
    const plannedAtMs = Date.now();
    const results = [
      receivedResult({ plannedAtMs }),
      receivedResult({ plannedAtMs, job: 'two' }),
      receivedResult({ plannedAtMs, seq: 2 }),
    ];
    expect(await store.put(results, [])).toMatchObject({ rows: 3 });
  });

  test('that arrive late go into the day of their time, which is created if missing, and are counted in its hours', async () => {
    await using store = open();
    await store.tidy();
    const days = [0, 1, 2, 5, 9, -0.9];
    for (const times of [1, 2]) {
      const results = series(days.length, (at) => ({
        plannedAtMs: Date.now() - (days[at] ?? 0) * dayMs,
        seq: at * times,
      }));
      await store.put(results, []);
    }
    expect(sql(store, 'SELECT count(*), count(DISTINCT tableoid) FROM results')).toBe('12|6');
    const { counted, expected } = hours(store);
    expect(counted).toBe(expected);
  });

  test('of a time that is not kept, or more than a day ahead, are kept as poison', async () => {
    await using store = open();
    const old = receivedResult({ plannedAtMs: Date.now() - keeping.keepMs - 1_000 });
    const ahead = receivedResult({ plannedAtMs: Date.now() + dayMs + 60_000 });
    const never = receivedResult({ plannedAtMs: 1e300 });
    const { rows, poison } = await store.put([old, receivedResult(), ahead, never], []);
    expect(rows).toBe(1);
    expect(poison.map(({ reason }) => reason)).toEqual([
      'its time is older than what is kept',
      'its time is more than a day ahead',
      'its time is more than a day ahead',
    ]);
    expect(sql(store, 'SELECT count(*) FROM poison')).toBe('3');
  });

  test('that PostgreSQL rejects are found among the others, which are stored', async () => {
    await using store = open();
    const results = series(100, (at) => ({
      ...(at === 17 && { bytes: 2 ** 40 }),
      ...(at === 18 && { check: 'nul\0' }),
      ...(at === 99 && { status: 70_000 }),
    }));
    const { rows, poison } = await store.put(results, []);
    expect(rows).toBe(97);
    expect(poison.map(({ received }) => received.offset)).toEqual(
      [17, 18, 99].map((at) => results[at]?.received.offset),
    );
    expect(sql(store, "SELECT count(*) FROM poison WHERE reason ~ 'PostgreSQL rejects it.*\\(22'")).toBe('3');
    expect(sql(store, 'SELECT sum(results) FROM hourly')).toBe('97');
    expect(await store.put(results, [])).toMatchObject({ rows: 0, duplicates: 97 });
    expect(sql(store, 'SELECT count(*) FROM poison')).toBe('3');
  });

  test('that say nothing about the site are not counted', async () => {
    await using store = open();
    await store.put(
      series(6, (at) => (at < 2 ? { ...down, errorKind: 'client_fault' } : at < 3 ? down : {})),
      [],
    );
    expect(sql(store, 'SELECT results, ok, latencies FROM hourly')).toBe('4|3|{"94": 3}');
  });

  test('of two writers at the same time are stored and counted once', async () => {
    const place = cluster.place();
    await using one = open(place);
    await using other = open(place);
    const results = series(2_000, (at) => ({ check: `site-${at % 50}`, plannedAtMs: Date.now() - (at % 7) * hourMs }));
    const backwards = [...results].reverse();
    const stored = await Promise.all([
      ...[one.put(results.slice(0, 1_200), []), other.put(backwards.slice(0, 1_200), [])],
      ...[one.put(results.slice(500), []), other.put(backwards.slice(500), [])],
    ]);
    expect(stored.reduce((sum, { rows }) => sum + rows, 0)).toBe(2_000);
    expect(sql(one, 'SELECT count(*) FROM results')).toBe('2000');
    expect(sql(one, 'SELECT count(*) FROM checks')).toBe('50');
    const { counted, expected } = hours(one);
    expect(counted).toBe(expected);
  });

  test('are stored when a database is back, and nothing is lost or counted twice', async () => {
    await using store = open();
    await store.put(series(10), []);
    await cluster.down('SIGKILL');
    await expect(store.put(series(20), [])).rejects.toMatchObject({ code: 'unavailable' });
    await cluster.up();
    expect(
      await store.put(
        series(20, () => ({ job: 'two' })),
        [],
      ),
    ).toMatchObject({ rows: 20 });
    expect(sql(store, 'SELECT sum(results) FROM hourly')).toBe('30');
  });

  test('are stored in a database that was emptied without the writer noticing', async () => {
    await using store = open();
    await store.put(series(1), []);
    sql(store, `DROP TABLE ${tableOf(dayOf(Date.now()))}`);
    expect(await store.put(series(2), [])).toMatchObject({ rows: 2, poison: [] });
  });
});

describe.skipIf(noPostgres !== undefined)('messages that are not results', () => {
  test('are kept once, with their place and the start of their text', async () => {
    await using store = open();
    const poison = [
      { received: message(Buffer.alloc(100_000, 'x'), { key: Buffer.alloc(5_000, 'k') }), reason: 'it is\0not JSON' },
      { received: message(null, { key: null }), reason: 'it has no value' },
    ];
    for (let times = 0; times < 2; times += 1) expect((await store.put([], poison)).poison).toHaveLength(2);
    const kept = `SELECT topic, partition, "offset", length(key), length(value), value_bytes FROM poison ORDER BY "offset"`;
    const [one, other] = poison.map(({ received }) => received.offset);
    expect(sql(store, kept)).toBe(`checks|0|${one}|1024|8192|100000\nchecks|0|${other}|||0`);
  });
});

describe.skipIf(noPostgres !== undefined)('days', () => {
  const tables = (store: ResultStore) =>
    sql(
      store,
      `SELECT relname FROM pg_class WHERE relname ~ '^results_[0-9]' AND relkind = 'r'
      AND relnamespace = '${store.address.schema}'::regnamespace ORDER BY 1`,
    ).split('\n');

  test('are created in advance, and dropped when all of their results are too old, even after an interruption', async () => {
    await using store = open();
    await store.tidy();
    const today = dayOf(Date.now());
    expect(tables(store)).toEqual([0, 1, 2, 3].map((ahead) => tableOf(today + ahead)));
    await store.put(
      series(11, (at) => ({ plannedAtMs: Date.now() - at * dayMs + 1_000 })),
      [],
    );
    const moved = (table: string, from: string) => sql(store, `ALTER TABLE ${table} RENAME TO ${from}`);
    // As if three kept days had become old: one whole, one detached, one with a foreign name.
    moved(tableOf(today - 9), 'results_20200101');
    moved(tableOf(today - 8), 'results_20200102');
    moved(tableOf(today - 7), 'results_20201399');
    sql(store, 'ALTER TABLE results DETACH PARTITION results_20200102');
    expect(await store.tidy()).toEqual(['results_20200101', 'results_20200102']);
    expect(await store.tidy()).toEqual([]);
    expect(tables(store)).toContain('results_20201399');
  });

  test('are dropped while a reader reads others, without delaying a writer', async () => {
    await using store = open();
    await store.put(
      series(9, (at) => ({ plannedAtMs: Date.now() - at * dayMs })),
      [],
    );
    const old = beginOf(dayOf(Date.now()) - 8);
    sql(store, `ALTER TABLE ${tableOf(dayOf(old))} RENAME TO results_20200101`);
    const [tidied, stored] = await Promise.all([
      store.tidy(),
      store.put(
        series(5, () => ({ job: 'two' })),
        [],
      ),
    ]);
    expect([tidied, stored.rows]).toEqual([['results_20200101'], 5]);
  });

  test('and hours, and messages that are not results, are deleted when they are too old', async () => {
    await using store = open();
    await store.put(series(2), [{ received: message(null), reason: 'it has no value' }]);
    sql(
      store,
      "UPDATE hourly SET hour = hour - interval '101 days'; UPDATE poison SET found_at = found_at - interval '11 days'",
    );
    await store.tidy();
    expect(sql(store, 'SELECT count(*) FROM hourly UNION ALL SELECT count(*) FROM poison')).toBe('0\n0');
  });

  test('are created and dropped once if two writers tidy at the same time', async () => {
    const place = cluster.place();
    await using one = open(place);
    await using other = open(place);
    const results = series(3);
    await Promise.all([one.tidy(), other.tidy(), one.put(results, []), other.put(results, [])]);
    expect(sql(one, 'SELECT count(*) FROM results')).toBe('3');
  });
});

describe.skipIf(noPostgres !== undefined)('checks', () => {
  const names = (store: ResultStore) => sql(store, 'SELECT name FROM checks ORDER BY 1').split('\n');
  const named = (store: ResultStore) => sql(store, 'SELECT count(*), count(DISTINCT "check") FROM named_results');

  test('without results and hours are removed, and come back with their next result', async () => {
    const place = cluster.place();
    await using store = open(place);
    await using other = open(place);
    const of = (...checks: string[]) => series(checks.length, (at) => ({ check: checks[at] ?? '', job: randomUUID() }));
    await store.put(of('gone', 'only hours', 'only results', 'stays'), []);
    const ids = (...checks: string[]) =>
      `check_id IN (SELECT id FROM checks WHERE name IN (${checks.map((name) => `'${name}'`)}))`;
    sql(store, `DELETE FROM results WHERE ${ids('gone', 'only hours')}`);
    sql(store, `DELETE FROM hourly WHERE ${ids('gone', 'only results')}`);
    await other.tidy();
    expect(names(store)).toEqual(['only hours', 'only results', 'stays']);
    // The writer knew it, and has to create it again.
    expect(await store.put(of('gone', 'stays'), [])).toMatchObject({ rows: 2, duplicates: 0 });
    expect(names(store)).toEqual(['gone', 'only hours', 'only results', 'stays']);
    expect(named(store)).toBe('4|3');
  });

  test('are not removed while a writer is storing results of them', async () => {
    const place = cluster.place();
    await using store = open(place);
    const [first, next] = series(2);
    if (!first || !next) throw new Error('no results');
    await store.put([first], []);
    sql(store, 'DELETE FROM results; DELETE FROM hourly');
    await using session = await Session.open(store.address, { statementMs: 30_000, lockMs: 30_000, idleMs: 0 });
    await session.query('BEGIN');
    const checkId = Number(sql(store, 'SELECT id FROM checks'));
    expect(await insertResults(session, [{ checkId, url: '', result: next.result }])).toEqual({
      stored: 1,
      unnamed: 0,
    });
    let isTidied = false;
    const tidied = store.tidy().then(() => {
      isTidied = true;
    });
    const waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'checks'::regclass";
    while (!isTidied && sql(store, waits) === '0') await setImmediate();
    await session.query('COMMIT');
    await tidied;
    expect(named(store)).toBe('1|1');
  });

  test('that are removed and return while their results are written lose no name', async () => {
    const place = cluster.place();
    await using writing = open(place);
    await using tidying = open(place);
    await writing.open();
    let isWritten = false;
    const tidied = (async () => {
      while (!isWritten) await tidying.tidy();
    })();
    for (let round = 0; round < 40; round += 1) {
      await writing.put(
        series(20, (at) => ({ check: `site-${(round * 7 + at) % 50}`, job: String(round) })),
        [],
      );
      if (round < 39) sql(writing, 'WITH hours AS (DELETE FROM hourly) DELETE FROM results');
    }
    isWritten = true;
    await tidied;
    expect(named(writing)).toBe('20|20');
    expect(names(writing)).toHaveLength(20);
  });
});

test.skipIf(noPostgres !== undefined)(
  'a full disk is not an error of a result, which is stored when there is room',
  async () => {
    await using small = await PostgresCluster.start([], { onSmallDisk: true });
    await using store = new ResultStore(small.place(), keeping);
    await store.put(series(1), []);
    const giveBack = small.fillDisk();
    const results = series(20_000, (at) => ({ job: 'two', seq: at + 1 }));
    await expect(store.put(results, [])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no space is left'),
    });
    giveBack();
    expect(await store.put(results.slice(0, 100), [])).toMatchObject({ rows: 100, poison: [] });
  },
);

test.skipIf(noPostgres !== undefined)('tables of a newer version are refused', async () => {
  await using store = open();
  await store.open();
  sql(store, 'UPDATE version SET version = 99');
  await using other = open(cluster.address(`schema=${store.address.schema.replace('_checks', '')}`));
  await expect(other.open()).rejects.toMatchObject({ code: 'bad_store', message: expect.stringContaining('99') });
});
