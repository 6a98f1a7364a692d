import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { refusal } from '../support/refusal.ts';
import { idOf, openJobTable, otherBoot } from './open-job-table.ts';

test('a client that endlessly lists jobs of earlier servers is refused at the limit, and the jobs so far are kept', () => {
  const { jobTable, list } = openJobTable();
  jobTable.sessionBegan('w1', bootA);
  for (let counter = 1; counter <= limits.maxAdoptedJobs; counter += 1) list(idOf(counter, otherBoot));
  expect(() => list(idOf(limits.maxAdoptedJobs + 1, otherBoot))).toThrow(refusal('busy'));
  // A job that is already known does not count.
  list(idOf(1, otherBoot));
  expect([...jobTable.all()]).toHaveLength(limits.maxAdoptedJobs);
});
