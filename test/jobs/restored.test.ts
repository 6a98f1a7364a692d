import { expect, test } from 'vitest';
import type { FormerJob, FormerSubmission } from '../../src/jobs/restoration.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import { unknownBoot } from '../../src/jobs/unknown-boot.ts';
import { bootA, bootB } from '../support/hello.ts';
import { completed, idOf, openJobTable } from './open-job-table.ts';

const lost: Settlement = { outcome: 'lost', error: { code: 'lost', message: 'gone' } };
const earlier = (counter: number) => idOf(counter, 'eeeeeeee');

/** A job of an earlier server over the same store: sent to the first process of w1 by default. */
const former = (
  counter: number,
  job: Partial<FormerJob> = {},
  submitted: Partial<FormerSubmission['submitted']> = {},
): FormerSubmission => ({
  id: earlier(counter),
  number: counter,
  submittedAtMs: 0,
  submitted: { command: 'work', kind: 'data', args: { word: 'x' }, ...submitted },
  jobs: [
    {
      client: 'w1',
      bootId: bootA,
      settledAtMs: undefined,
      takenUp: false,
      cancelRequested: false,
      settlement: undefined,
      late: undefined,
      ...job,
    },
  ],
});

function restored(submissions: readonly FormerSubmission[], nowMs = 0) {
  const open = openJobTable();
  const jobs = submissions.flatMap((one) => open.jobTable.restore(one, nowMs));
  return { ...open, jobs };
}

test('a job that was sent to a client process and is not listed by it is sent again, in order, with full id and arguments', () => {
  const { connect, sent, jobs } = restored([former(3), former(5)]);
  connect();
  expect(sent).toMatchObject([
    { type: 'command', id: earlier(3), args: { word: 'x' } },
    { type: 'command', id: earlier(5), args: { word: 'x' } },
  ]);
  expect(jobs.map(({ id, adopted }) => [id, adopted])).toEqual([
    [earlier(3), false],
    [earlier(5), false],
  ]);
});

test('more jobs than a client accepts at once are sent in turn, before new ones', () => {
  const { jobTable, connect, submit, list, answer, takeSent } = restored(
    Array.from({ length: 300 }, (_, index) => former(index + 1, { cancelRequested: index === 298 })),
  );
  const commands = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `command ${earlier(from + index)}`);
  connect();
  const cancelled = earlier(299);
  expect(takeSent()).toEqual(commands(1, 255));
  const added = submit();
  expect(takeSent()).toEqual([]);
  for (const counter of [1, 2]) answer({ id: earlier(counter) }, completed());
  expect(takeSent().filter((line) => line.startsWith('command'))).toEqual(commands(256, 257));
  // Each new session sends them again, the same number.
  jobTable.sessionEnded('w1', 0);
  jobTable.sessionBegan('w1', bootA);
  list(earlier(3));
  jobTable.listingEnded('w1', 0);
  expect(takeSent()).toEqual([`fetch ${earlier(3)} from 0`, ...commands(4, 258)]);
  for (let counter = 4; counter <= 50; counter += 1) answer({ id: earlier(counter) }, completed());
  // Its client accepts ids only in order: a cancel overtakes nothing.
  expect(takeSent().filter((line) => !line.startsWith('ack'))).toEqual([
    ...commands(259, 298),
    `cancel ${cancelled}`,
    ...commands(299, 300),
    `command ${added.id}`,
  ]);
});

test('a sent job is never sent to another process of the client, but is lost', () => {
  const { connect, takeSent, takeNews } = restored([former(3)]);
  connect(0, bootB);
  expect([takeSent(), takeNews()]).toEqual([[], [`settled ${earlier(3)} lost`]]);
});

test('a job that another process lists, because it recovered it, belongs to that process from then on', () => {
  const { jobTable, list, takeSent, takeNews, changes } = restored([former(3)]);
  jobTable.sessionBegan('w1', bootB);
  list(earlier(3), { takenUp: true });
  jobTable.listingEnded('w1', 0);
  expect([takeSent(), takeNews()]).toEqual([[`fetch ${earlier(3)} from 0`], [`accepted ${earlier(3)}`]]);
  expect(changes).toEqual([`bound ${earlier(3)}`]);
});

test('a listed job continues: its outcome settles it, and is acknowledged by its full id', () => {
  const { jobTable, list, answer, takeSent, takeNews, jobs } = restored([former(3)]);
  jobTable.sessionBegan('w1', bootA);
  list(earlier(3));
  jobTable.listingEnded('w1', 0);
  answer({ id: earlier(3) }, completed(7));
  expect(takeSent()).toEqual([`fetch ${earlier(3)} from 0`, `ack ${earlier(3)}`]);
  expect(takeNews()).toEqual([`accepted ${earlier(3)}`, `settled ${earlier(3)} completed`]);
  expect(jobs[0]?.settlement?.result).toBe(7);
});

test('a job that was never sent is rejected at once, unless it has a waiting time: then it is sent to any process', () => {
  const { connect, sent, takeNews, jobs } = restored([
    former(3, { bootId: undefined }),
    former(4, { bootId: undefined }, { expiresInMs: 100_000 }),
  ]);
  expect(takeNews()).toEqual([`settled ${earlier(3)} rejected`]);
  connect(90_000, bootB);
  expect(sent).toMatchObject([{ type: 'command', id: earlier(4), expiresInMs: 10_000 }]);
  expect(jobs[1]).toMatchObject({ state: 'sent', bootId: bootB });
});

test('a waiting job of a restored older copy may have been sent: it is not sent, and is lost unless it is listed', () => {
  const doubtful = { bootId: unknownBoot };
  const { jobTable, list, takeSent, takeNews, changes, jobs } = restored([
    former(3, doubtful),
    former(4, doubtful, { expiresInMs: 100_000 }),
    former(5, { ...doubtful, cancelRequested: true }),
  ]);
  expect(takeNews()).toEqual([]);
  jobTable.sessionBegan('w1', bootA);
  list(earlier(4));
  jobTable.listingEnded('w1', 0);
  expect(takeSent()).toEqual([`fetch ${earlier(4)} from 0`]);
  expect(takeNews()).toEqual([`accepted ${earlier(4)}`, `settled ${earlier(3)} lost`, `settled ${earlier(5)} lost`]);
  expect(jobs[0]?.settlement?.error?.message).toBe(
    'it is from an older copy of the store, and w1 may have received it since',
  );
  expect(changes).toEqual([`bound ${earlier(4)}`, `settled ${earlier(3)}`, `settled ${earlier(5)}`]);
});

test('a job with a waiting time outlasts the absence of its client, and expires', () => {
  const { jobTable, takeNews } = restored([former(4, { bootId: undefined }, { expiresInMs: 100_000 })]);
  jobTable.tick(99_999);
  expect(takeNews()).toEqual([]);
  jobTable.tick(100_000);
  expect(takeNews()).toEqual([`settled ${earlier(4)} expired`]);
});

test('the absence of a client counts from the start of the server', () => {
  const { jobTable, takeNews } = restored([former(3)], 1_000_000);
  jobTable.tick(1_060_000);
  expect(takeNews()).toEqual([]);
  jobTable.tick(1_060_001);
  expect(takeNews()).toEqual([`settled ${earlier(3)} lost`]);
});

test('a job to be cancelled that the same process does not list is sent with its cancel; the client knows whether it had it', () => {
  const { connect, takeSent, takeNews, jobTable } = restored([former(3, { cancelRequested: true })]);
  connect();
  expect(takeSent()).toEqual([`cancel ${earlier(3)}`, `command ${earlier(3)}`]);
  expect(takeNews()).toEqual([]);
  jobTable.stale('w1', earlier(3), 0);
  expect(takeNews()).toEqual([`accepted ${earlier(3)}`, `settled ${earlier(3)} lost`]);
});

test('an expired job that the same process does not list is sent as too late; the client knows whether it had it', () => {
  const { connect, sent, takeNews } = restored([former(3, {}, { expiresInMs: 100 })]);
  connect(500);
  expect(sent).toMatchObject([{ type: 'command', id: earlier(3), sentMs: 100, expiresInMs: 0 }]);
  expect(takeNews()).toEqual([]);
});

test('the outcome of a job that an earlier server gave up as lost is late, once; then it is acknowledged', () => {
  const { connect, jobTable, list, answer, takeSent, takeNews, changes } = restored([former(3, { settlement: lost })]);
  connect();
  jobTable.sessionBegan('w1', bootA);
  list(earlier(3), { state: 'settled' });
  answer({ id: earlier(3) }, completed());
  expect(takeNews()).toEqual([`late ${earlier(3)} completed`]);
  expect(takeSent()).toEqual([`fetch ${earlier(3)} from 0`, `ack ${earlier(3)}`]);
  expect(changes).toEqual([`late ${earlier(3)}`]);
});

test('an outcome that was late before a server ended is acknowledged without being reported again', () => {
  const { jobTable, list, takeSent, takeNews } = restored([former(3, { settlement: lost, late: completed() })]);
  jobTable.sessionBegan('w1', bootA);
  list(earlier(3), { state: 'settled' });
  expect([takeSent(), takeNews()]).toEqual([[`ack ${earlier(3)}`], []]);
});

test('a job of this server that has left its history returns to its own submission', () => {
  const { jobTable, submit, connect } = openJobTable();
  connect();
  const job = submit();
  jobTable.accepted('w1', job.id, 0);
  const [again] = jobTable.restore({ ...former(1), id: job.id }, 0);
  expect(again).toBe(job);
  const [other] = jobTable.restore({ ...former(1, { client: 'w2', settlement: lost }), id: job.id }, 0);
  expect(other?.submission).toBe(job.submission);
  expect(jobTable.find(job.id, 'w2')).toBe(other);
});

test('a listed job of an earlier server that is not in its store is accepted, and is not called adopted', () => {
  const { jobTable, connect, changes } = openJobTable();
  connect();
  jobTable.sessionBegan('w1', bootA);
  const listing = { type: 'job', id: earlier(9), command: 'work', state: 'running', offsets: {} } as const;
  jobTable.listed('w1', listing, false, 'own');
  expect(jobTable.find(earlier(9), 'w1')).toMatchObject({ adopted: false, state: 'accepted', bootId: bootA });
  expect(changes).toEqual([`submitted ${earlier(9)}`]);
});

test('a listed job that is settled in its store is acknowledged, or asked for its outcome, and is not known here', () => {
  const { jobTable, takeSent } = openJobTable();
  jobTable.sessionBegan('w1', bootA);
  const listing = { type: 'job', id: earlier(9), command: 'work', offsets: { stdout: 4 } } as const;
  jobTable.listed('w1', { ...listing, state: 'settled' }, false, 'settled');
  jobTable.listed('w1', { ...listing, state: 'running' }, false, 'settled');
  expect(takeSent()).toEqual([`ack ${earlier(9)}`, `fetch ${earlier(9)} from 4`]);
  expect([...jobTable.all()]).toEqual([]);
});

test('a job that waits here and is listed was sent by a server unknown to this store: it continues, and is not sent', () => {
  const { jobTable, list, answer, takeSent, takeNews } = restored([
    former(4, { bootId: undefined }, { expiresInMs: 100_000 }),
  ]);
  jobTable.sessionBegan('w1', bootB);
  list(earlier(4));
  jobTable.listingEnded('w1', 0);
  answer({ id: earlier(4) }, completed());
  expect(takeSent()).toEqual([`fetch ${earlier(4)} from 0`, `ack ${earlier(4)}`]);
  expect(takeNews()).toEqual([`accepted ${earlier(4)}`, `settled ${earlier(4)} completed`]);
});
