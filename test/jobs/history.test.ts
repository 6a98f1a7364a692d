import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { History } from '../../src/jobs/history.ts';
import { JobRecord } from '../../src/jobs/job-record.ts';

const mebibyte = Buffer.alloc(1_048_576);

function job(counter: number, { client = 'w1', stdout = 0, stderr = 0 } = {}): JobRecord {
  const made = new JobRecord({ localId: counter, bootId: 'aaaaaaaa', client, command: 'work', kind: 'data', args: {} });
  if (stdout > 0) made.receivedOutput.append('stdout', mebibyte.subarray(0, stdout));
  if (stderr > 0) made.receivedOutput.append('stderr', mebibyte.subarray(0, stderr));
  return made;
}
const counters = (history: History) => [...history.all()].map(({ localId }) => localId);

test('settled jobs are kept oldest first, and found by counter and client', () => {
  const history = new History();
  const jobs = [job(2), job(1), job(1, { client: 'w2' })];
  for (const one of jobs) history.add(one);
  expect([...history.all()]).toStrictEqual(jobs);
  expect(history.get(1, 'w1')).toBe(jobs[1]);
  expect(history.get(1, 'w2')).toBe(jobs[2]);
  expect(history.get(2, 'w2')).toBeUndefined();
});

test('past 10,000 the oldest goes', () => {
  const history = new History();
  for (let counter = 1; counter <= limits.maxSettledJobs + 2; counter += 1) history.add(job(counter));
  expect([...history.all()]).toHaveLength(limits.maxSettledJobs);
  expect(counters(history)[0]).toBe(3);
  expect(history.get(2, 'w1')).toBeUndefined();
  expect(history.get(3, 'w1')?.id).toBe('aaaaaaaa.3');
});

test('past 64 MiB of output, of both streams, the oldest go until it fits', () => {
  const history = new History();
  const half = mebibyte.length / 2;
  for (let counter = 1; counter <= 64; counter += 1) history.add(job(counter, { stdout: half, stderr: half }));
  expect(counters(history)).toHaveLength(64);
  history.add(job(65));
  expect(counters(history)[0]).toBe(1);
  history.add(job(66, { stdout: 1 }));
  expect(counters(history)[0]).toBe(2);
  history.add(job(67, { stdout: mebibyte.length, stderr: mebibyte.length }));
  expect(counters(history)[0]).toBe(4);
  expect(counters(history).at(-1)).toBe(67);
});
