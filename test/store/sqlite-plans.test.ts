import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { listQuery, lowestQuery } from '../../src/store/sqlite/list-query.ts';
import { migrate, migrations, versionOf } from '../../src/store/sqlite/migrations.ts';
import type { StoredJobFilter } from '../../src/store/stored-job.ts';
import { newFolder } from '../support/new-folder.ts';

let database: DatabaseSync;
beforeAll(() => {
  database = new DatabaseSync(':memory:');
  migrate(database);
  return () => database.close();
});

const planOf = (sql: string, ...parameters: readonly (string | number)[]): readonly string[] =>
  database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...parameters)
    .map(({ detail }) => String(detail));

const filters: readonly (readonly [StoredJobFilter, string])[] = [
  [{}, 'PRIMARY KEY'],
  [{ number: 7 }, 'PRIMARY KEY'],
  [{ kind: 'data' }, 'PRIMARY KEY'],
  [{ sinceMs: 1 }, 'PRIMARY KEY'],
  [{ client: 'w1' }, 'jobs_by_client'],
  [{ outcomes: ['failed'] }, 'jobs_by_outcome'],
  [{ outcomes: ['failed', 'lost'], sinceMs: 1 }, 'jobs_by_outcome'],
  [{ unsettled: true }, 'jobs_by_outcome'],
  [{ actor: 'ada' }, 'submissions_by_actor'],
  [{ command: 'run' }, 'submissions_by_command'],
  [{ command: 'run', actor: 'ada', kind: 'data', sinceMs: 1 }, 'submissions_by_actor'],
];

describe.each(filters)('a list of %j', (filter, index) => {
  test.each([undefined, { number: 500, client: 'w1' }])(`walks ${index} and sorts nothing, behind %j`, (from) => {
    const { sql, parameters } = listQuery(filter, 100, from, filter.sinceMs ? 400 : 0);
    const plan = planOf(sql, ...parameters);
    // Without a condition the first page walks the table from its end.
    const walks = from || filter.number || filter.sinceMs || index !== 'PRIMARY KEY' ? 'SEARCH' : 'SCAN';
    const outer = plan.filter((step) => /^(SEARCH|SCAN)/.test(step)).filter((_, at) => at % 2 === 0);
    expect(outer.length).toBe(filter.outcomes?.length ?? 1);
    for (const step of outer) expect(step).toMatch(new RegExp(`^${walks} [js]( USING .*${index}|$)`));
    expect(plan.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
  });
});

test('the first number since a time is looked up in an index', () => {
  expect(planOf(lowestQuery, 1)).toEqual([
    expect.stringContaining('COVERING INDEX submissions_by_time (submitted_at_ms>?)'),
  ]);
});

test('migrations are numbered: each is made once, and one that fails leaves the version before', () => {
  using other = new DatabaseSync(join(newFolder(), 'other.db'));
  const steps = [...migrations, 'CREATE TABLE more (one TEXT)', 'INSERT INTO more VALUES (1)'];
  const inTransaction = (list: readonly string[]) => {
    other.exec('BEGIN');
    try {
      migrate(other, list);
      other.exec('COMMIT');
    } catch (error) {
      other.exec('ROLLBACK');
      throw error;
    }
  };
  inTransaction(migrations);
  expect(() => inTransaction([...steps, 'NONSENSE'])).toThrow(/syntax error/);
  expect(versionOf(other)).toBe(1);
  inTransaction(steps);
  inTransaction(steps);
  expect([versionOf(other), other.prepare('SELECT count(*) AS n FROM more').get()?.n]).toEqual([3, 1]);
});
