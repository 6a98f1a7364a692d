import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jobOf, submissionOf } from '../../src/store/contract/samples.ts';
import { ChangeWriter } from '../../src/store/sqlite/apply-changes.ts';
import { blockOf } from '../../src/store/sqlite/block-index.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { JobReader } from '../../src/store/sqlite/reading.ts';
import type { ChangeRow } from '../../src/store/sqlite/rows.ts';
import { toChangeRow } from '../../src/store/sqlite/to-rows.ts';

const epoch = 'epochone0000';
const opened = (number: number): ChangeRow => {
  // Every other one is stored like most jobs, without the redacted fields.
  const submission = submissionOf(number, number % 2 === 0 ? { redacted: undefined } : {});
  return toChangeRow({ type: 'submitted', submission, jobs: [jobOf(submission, 'w1')] }, `${epoch}.`);
};
const settled = (number: number): ChangeRow =>
  toChangeRow(
    {
      type: 'settled',
      ...{ job: { id: submissionOf(number).id, client: 'w1' }, settlement: { outcome: 'completed' } },
      ...{ atMs: 1, output: [], isLast: true },
    },
    `${epoch}.`,
  );

/** A transaction: submissions, each some numbers after the previous one, and outcomes of open jobs, in any order. */
const changes = fc.oneof(fc.record({ behind: fc.integer({ min: 1, max: 150 }) }), fc.record({ settles: fc.nat() }));
const transactions = fc.array(
  fc.record({
    steps: fc.array(changes, { maxLength: 12 }),
    end: fc.constantFrom('commit', 'commit', 'rollback', 'new writer'),
  }),
  { maxLength: 30 },
);

test('jobs without an outcome are found, after any rollback or reopening, and no other full block is searched', () => {
  fc.assert(
    fc.property(transactions, (all) => {
      using database = new DatabaseSync(':memory:');
      migrate(database);
      let writer = new ChangeWriter(database);
      let [open, newest]: [number[], number] = [[], 0];
      for (const { steps, end } of all) {
        let [next, left] = [newest, [...open]];
        const rows: ChangeRow[] = [];
        for (const step of steps) {
          if ('behind' in step) {
            next += step.behind;
            left.push(next);
            rows.push(opened(next));
          } else if (left.length > 0) {
            const number = left[step.settles % left.length] ?? 0;
            left = left.filter((one) => one !== number);
            rows.push(settled(number));
          }
        }
        database.exec('BEGIN');
        writer.apply(rows, epoch);
        database.exec(end === 'rollback' ? 'ROLLBACK' : 'COMMIT');
        if (end === 'rollback') writer.undone();
        else [open, newest] = [left, next];
        if (end === 'new writer') writer = new ChangeWriter(database);
        const { jobs } = new JobReader(database).unsettled(1_000, { number: 0, client: '' });
        expect(jobs.map(([number]) => number)).toEqual(open);
      }
      const marked = database.prepare("SELECT block FROM blocks WHERE word = 'open' ORDER BY block").all();
      const full = marked.map(({ block }) => Number(block)).filter((block) => block < blockOf(newest));
      expect(full.filter((block) => !open.some((number) => blockOf(number) === block))).toEqual([]);
    }),
  );
});
