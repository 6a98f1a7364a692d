import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { listQuery } from '../../src/store/sqlite/list-query.ts';
import { migrate, migrations, versionOf } from '../../src/store/sqlite/migrations.ts';
import { JobReader } from '../../src/store/sqlite/reading.ts';
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

const byNumber = [/^SEARCH j USING PRIMARY KEY \(number[>=]/, /^SEARCH s USING INTEGER PRIMARY KEY/];
const fromTheEnd = [/^SCAN j$/, /^SEARCH s USING INTEGER PRIMARY KEY/];
const behind = [/^SEARCH j USING PRIMARY KEY \(\(number,client\)</, /^SEARCH s USING INTEGER PRIMARY KEY/];
const byOutcome = [
  /^SEARCH j USING (COVERING )?INDEX jobs_by_outcome \(outcome=\?/,
  /^SEARCH s USING INTEGER PRIMARY KEY/,
];
const byId = [
  /^SEARCH j USING PRIMARY KEY \(number=/,
  /^SCALAR SUBQUERY/,
  /^SEARCH submissions USING COVERING INDEX submissions_by_id/,
  /^SEARCH s USING INTEGER PRIMARY KEY/,
  /^REUSE SUBQUERY/,
];
const byBlock = [
  /^SEARCH b USING PRIMARY KEY \(word=\? AND value=\?/,
  /^SEARCH s USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/,
  /^SEARCH j USING PRIMARY KEY \(number=\?/,
];

type Steps = readonly RegExp[];
const filters: readonly { filter: StoredJobFilter; first: Steps; next?: Steps }[] = [
  { filter: {}, first: fromTheEnd, next: behind },
  { filter: { kind: 'data' }, first: fromTheEnd, next: behind },
  { filter: { number: 7 }, first: byNumber },
  { filter: { id: 'a.7' }, first: byId },
  { filter: { sinceMs: 1 }, first: byNumber },
  { filter: { client: 'w1' }, first: byBlock },
  { filter: { actor: 'ada' }, first: byBlock },
  { filter: { command: 'run' }, first: byBlock },
  { filter: { command: 'run', actor: 'ada', kind: 'data', sinceMs: 1 }, first: byBlock },
  { filter: { client: 'w1', outcomes: ['completed'] }, first: byBlock },
  { filter: { client: 'w1', outcomes: ['failed'] }, first: byOutcome },
  { filter: { outcomes: ['failed'] }, first: byOutcome },
  { filter: { outcomes: ['failed'], sinceMs: 1 }, first: byOutcome },
  { filter: { outcomes: ['failed', 'lost'], sinceMs: 1 }, first: [...byOutcome, ...byOutcome] },
  { filter: { outcomes: ['completed'] }, first: fromTheEnd, next: behind },
  { filter: { unsettled: true }, first: byBlock },
  { filter: { unsettled: true, client: 'w1' }, first: byBlock },
];

describe.each(filters)(
  'a list of $filter uses an index in its order and sorts nothing',
  ({ filter, first, next = first }) => {
    const planFrom = (from: { number: number; client: string } | undefined) => {
      const { sql, parameters } = listQuery(filter, 100, from, filter.sinceMs ? 400 : 0);
      return planOf(sql, ...parameters).filter((step) => !/^(MERGE|LEFT|RIGHT|UNION)/.test(step));
    };
    const matching = (steps: Steps) => steps.map((step) => expect.stringMatching(step));

    test('on the first page', () => expect(planFrom(undefined)).toEqual(matching(first)));
    test('on the next page', () => expect(planFrom({ number: 500, client: 'w1' })).toEqual(matching(next)));
  },
);

test('the query for the failed jobs of a day searches by index, from the first number of that day', () => {
  using other = new DatabaseSync(':memory:');
  migrate(other);
  const run: string[] = [];
  const prepare = other.prepare.bind(other);
  const reader = new JobReader(other);
  other.prepare = (sql) => {
    run.push(sql);
    return prepare(sql);
  };
  other.exec('INSERT INTO block_times (block, newest_at_ms) VALUES (3, 5), (4, 9)');
  reader.list({ outcomes: ['failed'], sinceMs: 7 }, 100, undefined);
  const plans = run.map((sql) =>
    prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail),
  );
  // One row for 256 submissions, from the oldest one: the search ends at the first that is young enough.
  expect(plans).toEqual([
    ['SEARCH block_times'],
    ['SEARCH j USING INDEX jobs_by_outcome (outcome=? AND number>?)', 'SEARCH s USING INTEGER PRIMARY KEY (rowid=?)'],
  ]);
});

test('migrations are numbered: each runs once, and a failed one leaves the previous version', () => {
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
  expect(versionOf(other)).toBe(migrations.length);
  inTransaction(steps);
  inTransaction(steps);
  const rows = other.prepare('SELECT count(*) AS n FROM more').get()?.n;
  expect([versionOf(other), rows]).toEqual([steps.length, 1]);
});

test('data of a store of the first version remains after migration to the newest, without remains of deleted jobs', () => {
  using other = new DatabaseSync(join(newFolder(), 'other.db'));
  migrate(other, migrations.slice(0, 1));
  other.exec(`INSERT INTO submissions (number, id, command, kind, submitted_at_ms) VALUES (1, 'e.1', 'run', 'data', 5);
    INSERT INTO tombstones (client, id, boot, rows) VALUES ('w1', 'e.0', 'boot', x'00')`);
  migrate(other);
  const count = (table: string) => other.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  expect([versionOf(other), count('submissions'), count('tombstones')]).toEqual([migrations.length, 1, 0]);
});
