import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResultMessage } from '../../../../src/plugins/check/kafka/result-message.ts';
import { ResultStore } from '../../../../src/plugins/check/writer/store/result-store.ts';
import { noPostgres, PostgresCluster } from '../../../support/postgres-cluster.ts';
import { dayMs, down, hourMs, receivedResult } from './messages.ts';

const file = readFileSync(new URL('../../../../examples/checks/questions.sql', import.meta.url), 'utf8');
const questions = new Map(
  [...file.matchAll(/^-- (\w+): .*\n((?:(?!-- \w+: ).*\n)+)/gm)].map(([, name = '', query = '']) => [name, query]),
);

const minuteMs = 60_000;
/** In the middle of a minute, and never at the edge of an hour that a question counts. */
const nowMs = Math.floor(Date.now() / hourMs) * hourMs;
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

let cluster: PostgresCluster;
let store: ResultStore;
let seq = 0;

/** A result of this many minutes ago, from the start of this hour. */
const ago = (minutes: number, other: Partial<ResultMessage>) => {
  seq += 1;
  const plannedAtMs = nowMs - minutes * minuteMs;
  return receivedResult({ seq, plannedAtMs, atMs: plannedAtMs, ...other });
};

/** The answer to a question, by its columns. */
const answer = (name: string): Record<string, unknown>[] => {
  const query = (questions.get(name) ?? '').trim().replace(/;$/, '');
  const text = cluster.sql(
    `SET TimeZone TO 'UTC'; SET search_path TO ${store.address.schema}; SELECT coalesce(json_agg(a), '[]') FROM (${query}) a`,
  );
  return JSON.parse(text.slice(text.indexOf('['))) as Record<string, unknown>[];
};

beforeAll(async () => {
  if (noPostgres !== undefined) return;
  cluster = await PostgresCluster.start();
  store = new ResultStore(cluster.place(), { keepMs: 40 * dayMs, keepHourlyMs: 100 * dayMs });
  const minutes = Array.from({ length: 120 }, (_, at) => at + 1);
  const results = [
    // Down for the last 5 minutes; 10 minutes before that there was another incident, during which the client itself
    // could not check for a while.
    ...minutes.map((at) => ago(at, { check: 'shop', ...(at <= 5 && down) })),
    ...minutes.map((at) => ago(at, { check: 'blog', certificateDaysLeft: 12, ...(at > 20 && at <= 30 && down) })),
    ago(0.5, { check: 'blog', ...down, errorKind: 'client_fault', state: 'up' }),
    ago(25.5, { check: 'blog', ...down, errorKind: 'client_fault' }),
    // Every second one fails, for 20 minutes.
    ...minutes.map((at) =>
      ago(at, { check: 'api', certificateDaysLeft: 80, ...(at > 40 && at <= 60 && at % 2 === 0 && down) }),
    ),
    // 99 fast ones and a slow one in one hour, from another client.
    ...Array.from({ length: 100 }, (_, at) =>
      ago(61 + at / 2, {
        check: 'shop',
        client: 'other',
        job: 'two',
        totalMs: at === 0 ? 900 : 100,
        firstByteMs: 5,
        transferMs: 70,
      }),
    ),
    // From long ago.
    ago(20 * 24 * 60, { check: 'shop', ...down }),
  ];
  await store.put(results, []);
});
afterAll(async () => {
  await store?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

describe.skipIf(noPostgres !== undefined)('the questions about stored results', () => {
  test('all have a test', () => {
    expect([...questions.keys()]).toEqual([
      'down',
      'uptime',
      'latency',
      'incidents',
      'certificates',
      'phases',
      'flapping',
    ]);
  });

  test('down: the one check whose newest result is down, since its last good one', () => {
    expect(answer('down')).toEqual([
      expect.objectContaining({
        check: 'shop',
        client: 'edge',
        error_kind: 'status',
        last_ok: expect.stringContaining(iso(nowMs - 6 * minuteMs).replace(' ', 'T')),
      }),
    ]);
  });

  test('uptime: of 24 hours and of 30 days', () => {
    expect(answer('uptime')).toEqual(
      [
        { check: 'blog', client: 'edge', percent_24h: 91.667, percent_30d: 91.667 },
        { check: 'api', client: 'edge', percent_24h: 91.667, percent_30d: 91.667 },
        { check: 'shop', client: 'edge', percent_24h: 95.833, percent_30d: 95.041 },
        { check: 'shop', client: 'other', percent_24h: 100, percent_30d: 100 },
      ].sort((one, other) => one.percent_30d - other.percent_30d || (one.check < other.check ? -1 : 1)),
    );
  });

  test('latency: quantiles of each hour, off by 2.5 % at most', () => {
    const hours = answer('latency').filter(({ client }) => client === 'other');
    expect(hours).toHaveLength(1);
    expect(hours[0]).toMatchObject({ check: 'shop', results: 100 });
    for (const quantile of ['p50_ms', 'p95_ms', 'p99_ms']) {
      expect(Math.abs(Number(hours[0]?.[quantile]) - 100)).toBeLessThanOrEqual(2.5);
    }
  });

  test('incidents: with start and end, or without an end if they continue', () => {
    const incidents = answer('incidents');
    expect(incidents[0]).toMatchObject({ check: 'shop', results: 5, ended_at: null, error_kind: 'status' });
    expect(incidents[1]).toMatchObject({ check: 'blog', results: 10 });
    expect(String(incidents[1]?.began_at)).toContain(iso(nowMs - 30 * minuteMs).replace(' ', 'T'));
    expect(String(incidents[1]?.ended_at)).toContain(iso(nowMs - 20 * minuteMs).replace(' ', 'T'));
    expect(incidents.slice(2)).toHaveLength(10);
  });

  test('certificates: those that expire soon', () => {
    expect(answer('certificates')).toMatchObject([{ check: 'blog', client: 'edge', certificate_days_left: 12 }]);
  });

  test('phases: the one that takes most of the time, the slowest check first', () => {
    expect(answer('phases')[0]).toMatchObject({ check: 'shop', client: 'other', phase: 'transfer', ms: 70 });
    expect(answer('phases')[1]).toMatchObject({ phase: 'transfer', ms: 4 });
  });

  test('flapping: those that change often', () => {
    expect(answer('flapping')).toEqual([{ check: 'api', client: 'edge', changes: 20 }]);
  });
});
