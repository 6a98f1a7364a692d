import { expect, test } from 'vitest';
import type { FromServer } from '../../schemas/index.ts';
import type { JobRecord } from '../../src/jobs/job-record.ts';
import { JobTable } from '../../src/jobs/job-table.ts';
import type { Settlement } from '../../src/jobs/settlement.ts';
import type { Submitted } from '../../src/jobs/submission.ts';
import { bootA } from '../support/hello.ts';
import { completed, idOf } from './open-job-table.ts';

const failed: Settlement = { outcome: 'failed', error: { code: 'command_failed', message: 'no' }, durationMs: 1 };

/** A job table, and the clients to which it has sent commands. */
function openBatch(options: { reconnectWaitMs?: number } = {}) {
  const to: string[] = [];
  const changes: string[] = [];
  const jobTable: JobTable = new JobTable({
    ...{ bootId: 'aaaaaaaa', lostAfterMs: 60_000, ...options },
    effects: {
      send: (client: string, message: FromServer) => void (message.type === 'command' && to.push(client)),
      tell: (job, news) => jobTable.taken(job, news),
      changed: (job, change) => void changes.push(`${change} ${job.client}`),
    },
  });
  return {
    jobTable,
    changes,
    connect(...clients: string[]) {
      for (const client of clients) {
        jobTable.sessionBegan(client, bootA);
        jobTable.listingEnded(client, 0);
      }
    },
    submit(clients: readonly string[], fields: Partial<Submitted>, nowMs = 0): JobRecord[] {
      const begun = jobTable.begin({ command: 'work', kind: 'data', args: {}, ...fields }, nowMs, clients.length);
      const jobs = clients.map((client) => jobTable.submit(begun, client, nowMs));
      jobTable.submittedAll(begun, nowMs);
      return jobs;
    },
    /** The clients to which it was sent since the last call. */
    sentTo: () => to.splice(0),
    end(job: JobRecord | undefined, settlement = completed(), nowMs = 0) {
      if (job) jobTable.answered(job.client, job.id, settlement, nowMs);
    },
  };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `w${index + 1}`);
const batch = (size: number, maxFailures?: number) => ({ batch: { size, maxFailures, failures: 0 } });
const endsOf = (jobs: readonly JobRecord[]) =>
  jobs.map(({ settlement }) => settlement?.error?.code ?? settlement?.outcome);

test('the batch size of clients have it at once, and the next one gets it when any of them has ended', () => {
  const { connect, submit, sentTo, end } = openBatch();
  connect(...names(5));
  const jobs = submit(names(5), batch(2));
  expect(sentTo()).toEqual(['w1', 'w2']);
  expect(jobs.map(({ isHeld }) => isHeld)).toEqual([false, false, true, true, true]);
  end(jobs[1]);
  expect(sentTo()).toEqual(['w3']);
  end(jobs[0], failed);
  end(jobs[2], failed);
  expect(sentTo()).toEqual(['w4', 'w5']);
});

test('with more failures than allowed nothing more is sent, and running jobs continue', () => {
  const { connect, submit, sentTo, end, changes } = openBatch();
  connect(...names(6));
  const jobs = submit(names(6), batch(2, 1));
  end(jobs[0], failed);
  end(jobs[1], failed);
  expect(sentTo()).toEqual(['w1', 'w2', 'w3']);
  expect(endsOf(jobs)).toEqual(['command_failed', 'command_failed', undefined, 'not_sent', 'not_sent', 'not_sent']);
  expect(jobs[3]?.settlement?.error?.message).toBe('2 clients have failed; the maximum is 1');
  expect(changes.filter((change) => change.startsWith('batch'))).toEqual(['batch w1', 'batch w2']);
  end(jobs[2]);
  expect(sentTo()).toEqual([]);
});

test('with a maximum of 0 no job may fail; a cancelled job has not failed', () => {
  const { connect, submit, sentTo, end } = openBatch();
  connect(...names(4));
  const jobs = submit(names(4), batch(1, 0));
  end(jobs[0], { outcome: 'cancelled', error: { code: 'cancelled', message: 'by ada' }, durationMs: 1 });
  end(jobs[1], { outcome: 'rejected', error: { code: 'not_ready', message: 'no' }, durationMs: 0 });
  expect(sentTo()).toEqual(['w1', 'w2']);
  expect(endsOf(jobs)).toEqual(['cancelled', 'not_ready', 'not_sent', 'not_sent']);
});

test('a job in the queue of its client is not sent either after too many failures', () => {
  const { connect, submit, sentTo, end, jobTable } = openBatch();
  connect(...names(3));
  const [busy] = Array.from({ length: 255 }, () => submit(['w2'], {})[0]);
  sentTo();
  const jobs = submit(names(3), batch(2, 0));
  expect([sentTo(), jobs[1]?.state, jobs[1]?.isHeld]).toEqual([['w1'], 'waiting', false]);
  end(jobs[0], failed);
  expect(endsOf(jobs)).toEqual(['command_failed', 'not_sent', 'not_sent']);
  end(busy);
  jobTable.tick(100);
  expect(sentTo()).toEqual([]);
});

test('absent clients take no place: connected ones go first', () => {
  const { connect, submit, sentTo, end, jobTable } = openBatch({ reconnectWaitMs: 5_000 });
  connect('w2', 'w4');
  const jobs = submit(names(4), batch(1));
  expect(sentTo()).toEqual(['w2']);
  end(jobs[1]);
  expect(sentTo()).toEqual(['w4']);
  connect('w3');
  end(jobs[3]);
  expect(sentTo()).toEqual(['w3']);
  jobTable.tick(5_000);
  expect(endsOf(jobs)).toEqual([undefined, 'completed', undefined, 'completed']);
  end(jobs[2]);
  jobTable.tick(5_100);
  expect(endsOf(jobs)).toEqual(['offline', 'completed', 'completed', 'completed']);
});

test('an absent client whose turn has come is awaited as long as for any command, and then has failed', () => {
  const { connect, submit, sentTo, end, jobTable } = openBatch({ reconnectWaitMs: 5_000 });
  connect('w1', 'w2');
  const jobs = submit(names(2), batch(1, 0));
  jobTable.sessionEnded('w2', 60_000);
  end(jobs[0], completed(), 61_000);
  jobTable.tick(64_900);
  expect(endsOf(jobs)).toEqual(['completed', undefined]);
  jobTable.tick(65_000);
  expect([endsOf(jobs), sentTo()]).toEqual([['completed', 'offline'], ['w1']]);
  expect(jobs[1]?.submission.batch?.failures).toBe(1);
});

test('with a waiting time an absent client delays nobody, and gets the job when it connects, or the job expires', () => {
  const { connect, submit, sentTo, end, jobTable } = openBatch();
  connect('w2');
  const jobs = submit(names(3), { ...batch(1), expiresInMs: 60_000 });
  end(jobs[1]);
  jobTable.tick(30_000);
  connect('w3');
  expect(sentTo()).toEqual(['w2', 'w3']);
  jobTable.tick(60_000);
  expect(endsOf(jobs)).toEqual(['expired', 'completed', undefined]);
});

test('a job that waits for its turn expires in its time, and counts as failed', () => {
  const { connect, submit, sentTo, jobTable } = openBatch();
  connect(...names(3));
  const jobs = submit(names(3), { ...batch(1, 5), expiresInMs: 1_000 });
  jobTable.tick(1_000);
  expect(endsOf(jobs)).toEqual([undefined, 'expired', 'expired']);
  expect(jobs[0]?.submission.batch?.failures).toBe(2);
  expect(sentTo()).toEqual(['w1']);
});

test('a lost client frees its place for the next one', () => {
  const { connect, submit, sentTo, jobTable } = openBatch();
  connect(...names(3));
  const jobs = submit(names(3), batch(1, 1));
  jobTable.clientGone('w1', 'w1 was forgotten');
  jobTable.tick(100);
  expect([endsOf(jobs), sentTo()]).toEqual([
    ['lost', undefined, undefined],
    ['w1', 'w2'],
  ]);
});

test('a cancelled turn is skipped', () => {
  const { connect, submit, sentTo, end, jobTable } = openBatch();
  connect(...names(3));
  const jobs = submit(names(3), batch(1));
  if (jobs[1]) jobTable.cancel(jobs[1]);
  end(jobs[0]);
  expect([endsOf(jobs), sentTo()]).toEqual([
    ['completed', 'not_sent', undefined],
    ['w1', 'w3'],
  ]);
});

test('jobs whose turn has not come are among the unsettled ones, and a client that has only such jobs is known', () => {
  const { connect, submit, jobTable } = openBatch();
  connect('w1', 'w2');
  submit(names(2), batch(1));
  jobTable.sessionEnded('w2', 0);
  jobTable.clientGone('w2', 'it said goodbye');
  connect('w2');
  expect([...jobTable.unsettled()].map(({ client }) => client).sort()).toEqual(['w1', 'w2']);
  expect([...jobTable.unsettled()].find(({ client }) => client === 'w2')?.clientJobs.status).toBe('online');
});

test('the next server continues with the same clients and failures, and with clients that are not back yet', () => {
  const { connect, sentTo, end, jobTable } = openBatch({ reconnectWaitMs: 5_000 });
  const earlier = idOf(7, 'eeeeeeee');
  const job = (client: string, bootId: string | undefined) => ({
    ...{ client, bootId, takenUp: false, cancelRequested: false },
    ...{ settledAtMs: undefined, settlement: undefined, late: undefined },
  });
  const submitted = { command: 'work', kind: 'data', args: {} } as const;
  const jobs = jobTable.restore(
    {
      ...{ id: earlier, number: 7, submittedAtMs: 0 },
      submitted: { ...submitted, batch: { size: 2, maxFailures: 2, failures: 1 } },
      jobs: [job('w3', bootA), job('w4', bootA), job('w5', undefined), job('w6', undefined), job('w7', undefined)],
    },
    0,
  );
  jobTable.tick(59_000);
  expect(endsOf(jobs)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  connect('w4', 'w6', 'w7', 'w3');
  // Jobs in transit are sent again, and nothing else has a place.
  expect(sentTo()).toEqual(['w4', 'w3']);
  end(jobs[0], failed, 59_000);
  expect(sentTo()).toEqual(['w6']);
  end(jobs[1], failed, 59_000);
  expect(sentTo()).toEqual([]);
  expect(endsOf(jobs)).toEqual(['command_failed', 'command_failed', 'not_sent', undefined, 'not_sent']);
});

test('if a server died between the last allowed failure and its consequence, the next one sends nothing more', () => {
  const { connect, sentTo, jobTable } = openBatch();
  const [job] = jobTable.restore(
    {
      ...{ id: idOf(7, 'eeeeeeee'), number: 7, submittedAtMs: 0 },
      submitted: { command: 'work', kind: 'data', args: {}, batch: { size: 1, maxFailures: 0, failures: 1 } },
      jobs: [
        {
          ...{ client: 'w1', bootId: undefined, takenUp: false, cancelRequested: false },
          ...{ settledAtMs: undefined, settlement: undefined, late: undefined },
        },
      ],
    },
    0,
  );
  connect('w1');
  expect([sentTo(), job?.settlement?.error?.code]).toEqual([[], 'not_sent']);
});

test('a withdrawn batch leaves nothing behind', () => {
  const { connect, submit, sentTo, jobTable } = openBatch();
  connect(...names(3));
  const [job] = submit(names(3), batch(1));
  if (job) jobTable.withdraw([job.submission], 0);
  jobTable.tick(100);
  expect([[...jobTable.all()], sentTo()]).toEqual([[], ['w1']]);
});
