import { expect, test } from 'vitest';
import type { Event } from '../../src/plugin/observer.ts';
import { type OthersGroup, OthersJobs } from '../../src/shell/others-jobs.ts';
import { OwnJobs } from '../../src/shell/own-jobs.ts';

const event = (type: 'job.submitted' | 'job.settled', id: string, client: string): Event =>
  ({
    type,
    id,
    number: 1,
    client,
    command: 'ping',
    atMs: 0,
    seq: 1,
    actor: 'local:ana',
    args: {},
    outcome: 'completed',
  }) as Event;

test('the owner of a job is undecided while something is being sent, and then known until the job has ended everywhere', () => {
  const own = new OwnJobs();
  expect(own.has({ id: 'a' })).toBe(false);
  own.begin();
  expect(own.has({ id: 'a' })).toBeUndefined();
  own.end({ id: 'a', jobs: [1, 2] });
  own.event(event('job.settled', 'a', 'w1'));
  expect(own.has({ id: 'a', client: 'w2' })).toBe(true);
  own.event(event('job.settled', 'a', 'w2'));
  expect(own.has({ id: 'a', client: 'w2' })).toBe(false);
});

test('a named job of another session is shown until it has ended; an ended one is not waited for', () => {
  const own = new OwnJobs();
  own.name([
    { id: 'b', client: 'w1', state: 'accepted' },
    { id: 'b', client: 'w2', state: 'settled' },
  ]);
  expect([own.has({ id: 'b', client: 'w1' }), own.has({ id: 'b', client: 'w2' })]).toEqual([true, false]);
  own.event(event('job.settled', 'b', 'w1'));
  expect(own.has({ id: 'b', client: 'w1' })).toBe(false);
});

test('a command of another session is reported once, also if it arrives while this session is sending', async () => {
  const own = new OwnJobs();
  const told: OthersGroup[] = [];
  const others = new OthersJobs(own, (group) => told.push(group));
  own.begin();
  for (const id of ['mine', 'theirs']) {
    for (const client of ['w1', 'w2']) others.event(event('job.submitted', id, client));
  }
  await new Promise(setImmediate);
  expect(told).toEqual([]);
  own.end({ id: 'mine', jobs: [1, 2] });
  await new Promise(setImmediate);
  expect(told).toEqual([{ actor: 'local:ana', number: 1, command: 'ping', clients: ['w1', 'w2'] }]);
});

test('jobs that a builtin submits are not reported as those of another session, and this session does not show them', async () => {
  const own = new OwnJobs();
  const told: OthersGroup[] = [];
  const others = new OthersJobs(own, (group) => told.push(group));
  own.begin();
  others.event(event('job.submitted', 'sample', 'w1'));
  own.endAside({ id: 'sample', jobs: [1] });
  await new Promise(setImmediate);
  expect([told, own.has({ id: 'sample' })]).toEqual([[], false]);
  own.event(event('job.settled', 'sample', 'w1'));
  expect(own.isAside({ id: 'sample' })).toBe(false);
});
