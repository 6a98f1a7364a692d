import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { ClientJobs } from '../../src/jobs/client-jobs.ts';
import { History } from '../../src/jobs/history.ts';
import { JobIds } from '../../src/jobs/job-id.ts';
import { JobRecord } from '../../src/jobs/job-record.ts';
import { Submission } from '../../src/jobs/submission.ts';
import { boot } from './open-job-table.ts';

const mebibyte = Buffer.alloc(1_048_576);
const ids = new JobIds(boot);
const client = new ClientJobs<JobRecord>('w1');

function job(counter: number, { stdout = 0, stderr = 0 } = {}): JobRecord {
  const options = { nowMs: 0, clients: 1, number: 1 };
  const submission = new Submission<JobRecord>(ids, counter, { command: 'work', kind: 'data', args: {} }, options);
  const made = new JobRecord(submission, client);
  if (stdout > 0) made.receivedOutput.append('stdout', mebibyte.subarray(0, stdout));
  if (stderr > 0) made.receivedOutput.append('stderr', mebibyte.subarray(0, stderr));
  return made;
}

function open() {
  const forgotten: unknown[] = [];
  const history = new History(({ localId }) => void forgotten.push(localId));
  return { history, forgotten, counters: () => [...history.all()].map(({ localId }) => localId) };
}

test('settled jobs are kept in the order in which they ended', () => {
  const { history, forgotten, counters } = open();
  for (const counter of [2, 1, 3]) history.add(job(counter));
  expect([counters(), forgotten]).toStrictEqual([[2, 1, 3], []]);
});

test('over 10,000 the oldest is dropped', () => {
  const { history, forgotten, counters } = open();
  for (let counter = 1; counter <= limits.maxSettledJobs + 2; counter += 1) history.add(job(counter));
  expect(counters()).toHaveLength(limits.maxSettledJobs);
  expect([forgotten, counters()[0]]).toStrictEqual([[1, 2], 3]);
});

test('over 64 MiB of output, of both streams, the oldest are dropped until it fits', () => {
  const { history, counters } = open();
  const half = mebibyte.length / 2;
  for (let counter = 1; counter <= 64; counter += 1) history.add(job(counter, { stdout: half, stderr: half }));
  expect(counters()).toHaveLength(64);
  history.add(job(65));
  expect(counters()[0]).toBe(1);
  history.add(job(66, { stdout: 1 }));
  expect(counters()[0]).toBe(2);
  history.add(job(67, { stdout: mebibyte.length, stderr: mebibyte.length }));
  expect(counters()[0]).toBe(4);
  expect(counters().at(-1)).toBe(67);
});
