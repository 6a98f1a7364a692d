import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredJobFilter } from '../../../src/index.ts';
import { parseAddress } from '../../../src/plugins/postgres/address.ts';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { conditionsOfPage, jobsQuery } from '../../../src/plugins/postgres/reading.ts';
import { Session } from '../../../src/plugins/postgres/session.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

/** Within a month: one of 20 failed, one of 15 was by another actor. */
const jobs = 60_000;
const dayMs = 86_400_000;
const fill = (schema: string) => `
  SET search_path TO ${schema};
  INSERT INTO submissions (number, id, command, kind, actor, submitted_at_ms, newest_ms, standing)
    SELECT n, 'e.' || n, CASE WHEN n % 10 = 0 THEN 'ping' ELSE 'run' END, 'data', CASE WHEN n % 15 = 0 THEN 'bob' ELSE 'ada' END,
      n * ${(30 * dayMs) / jobs}::float8, n * ${(30 * dayMs) / jobs}::float8, false
    FROM generate_series(1, ${jobs}) AS n;
  INSERT INTO jobs (number, client, id, boot, adopted, taken_up, cancel_requested, settled_at_ms, outcome)
    SELECT n, 'w' || n % 30, 'e.' || n, 'b', false, false, false, CASE WHEN n % 20000 > 0 THEN n * 1.0 END,
      CASE WHEN n % 20000 = 0 THEN NULL WHEN n % 20 = 7 THEN 'failed' ELSE 'completed' END
    FROM generate_series(1, ${jobs}) AS n;
  ANALYZE`;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const steps = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(steps)];

/** Rows of tables and indexes that a query has read. */
const rowsRead = (plan: Plan): number =>
  steps(plan)
    .filter((step) => /Scan/.test(step['Node Type']) && step['Node Type'] !== 'Subquery Scan')
    .reduce(
      (sum, step) => sum + (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * step['Actual Loops'],
      0,
    );

describe.skipIf(noPostgres !== undefined)(`a page of ${jobs} jobs in PostgreSQL`, () => {
  let cluster: PostgresCluster;
  let session: Session;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
    const address = cluster.place();
    await (await openPostgresStore(address))[Symbol.asyncDispose]();
    cluster.sql(fill(new URL(address).searchParams.get('schema') ?? ''));
    session = await Session.open(parseAddress(address), { statementMs: 60_000, lockMs: 5_000, idleMs: 0 });
  });
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const lastDay = { sinceMs: 29 * dayMs };
  const filters: readonly StoredJobFilter[] = [
    {},
    lastDay,
    { outcomes: ['failed'] },
    { outcomes: ['failed'], ...lastDay },
    { outcomes: ['failed', 'lost'], ...lastDay },
    { unsettled: true },
    { client: 'w3' },
    { client: 'w7', outcomes: ['failed'] },
    { command: 'ping' },
    { actor: 'bob' },
    { actor: 'bob', command: 'ping', ...lastDay },
    { number: 7 },
    { id: 'e.7' },
  ];
  const pages = filters.flatMap((filter) =>
    [undefined, `${jobs / 2} w3`, `${jobs - 1_000} w3`].map((from) => ({ filter, from })),
  );

  test.each(pages)('of $filter from $from is read by indexes, and few rows are read', async ({ filter, from }) => {
    const where = conditionsOfPage(filter, from);
    const query = jobsQuery(where, 100, 'DESC', []);
    const [row] = await session.query<[[{ Plan: Plan }]]>(`EXPLAIN (ANALYZE, FORMAT JSON) ${query}`, where.parameters);
    const plan = row?.[0][0]?.Plan;
    if (!plan) throw new Error('there is no plan');
    expect(steps(plan).map((step) => step['Node Type'])).not.toContain('Seq Scan');
    expect(rowsRead(plan)).toBeLessThan(jobs / 10);
  });
});
