import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobIds } from '../../src/jobs/job-id.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import { Submission } from '../../src/jobs/submission.ts';
import { SubmissionIndex } from '../../src/jobs/submission-index.ts';
import { boot } from './open-job-table.ts';

const ids = new JobIds(boot);
const submissionOf = (counter: number) =>
  new Submission<JobRecord>(
    ids,
    counter,
    { command: 'work', kind: 'data', args: {} },
    { nowMs: 0, clients: 1, number: 1 },
  );

/** Counters rise; the order in which they are dropped is random. */
const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ remove: fc.nat(), times: fc.nat(3_000) }),
  ),
  { maxLength: 20 },
);

test('the index finds what was added and not removed, at any size', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const [index, known] = [new SubmissionIndex(), new Map<number, Submission<JobRecord>>()];
      let counter = 0;
      for (const step of taken) {
        if ('add' in step) {
          for (let times = 0; times < step.add; times += 1) {
            counter += 1;
            const submission = submissionOf(counter);
            index.add(submission);
            known.set(counter, submission);
          }
        } else {
          for (let times = 0; times < step.times && known.size > 0; times += 1) {
            // A prime, so that all are taken in no particular order.
            const gone = ((step.remove + times * 7_919) % counter) + 1;
            const submission = known.get(gone);
            if (submission) index.remove(submission);
            known.delete(gone);
          }
        }
      }
      const wrong = Array.from({ length: counter + 2 }, (_, one) => one).filter(
        (one) => index.get(one) !== known.get(one),
      );
      expect(wrong).toStrictEqual([]);
    }),
    { numRuns: 60 },
  );
});

test.each([Number.NaN, 0, -1, 2 ** 31 + 1, 2 ** 32 + 1, 999_999_999_999_999, 1.5])(
  'the invalid counter %d is not found',
  (counter) => {
    const index = new SubmissionIndex();
    for (let one = 1; one <= 2_000; one += 1) index.add(submissionOf(one));
    expect(index.get(counter)).toBeUndefined();
  },
);
