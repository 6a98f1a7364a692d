import { describe, expect, test } from 'vitest';
import type { JobGroup, JobHandle, JobOutcome } from '../../../src/index.ts';
import { Tally } from '../../../src/shell/output/tally.ts';

type End = { outcome: 'completed' } | { outcome: 'failed' | 'cancelled' | 'rejected' | 'lost'; code: 'lost' | 'busy' };

/** A command for some clients. The test decides how and when its jobs end. */
function group(id: string, ...clients: string[]) {
  return standingGroup(undefined, id, ...clients);
}

/** @param accepted of standing jobs: when their clients have accepted or rejected them. */
function standingGroup(accepted: Promise<boolean> | undefined, id: string, ...clients: string[]) {
  const ends = new Map(clients.map((client) => [client, Promise.withResolvers<JobOutcome>()]));
  const jobs = [...ends].map(
    ([client, { promise }]): JobHandle => ({
      ...{ id, number: 1, client, command: 'try' },
      ...(accepted && { standing: true }),
      accepted: accepted ?? Promise.resolve(true),
      outcome: promise,
      events: (async function* () {})(),
      cancel: async () => {},
    }),
  );
  const outcomes = Promise.all(jobs.map(({ outcome }) => outcome));
  const sent: JobGroup = {
    ...{ id, number: 1 },
    jobs,
    accepted: Promise.resolve([true]),
    outcomes,
    cancel: async () => {},
    [Symbol.asyncIterator]: async function* () {},
  };
  const end = async (client: string, how: End) => {
    const job = { id, client, command: 'try', durationMs: 1 };
    const outcome: JobOutcome =
      how.outcome === 'completed'
        ? { ...job, outcome: 'completed', result: null }
        : { ...job, outcome: how.outcome, error: { code: how.code, message: 'so it is' } };
    ends.get(client)?.resolve(outcome);
    await ends.get(client)?.promise;
  };
  return { sent, end };
}

function openTally() {
  const seen = { failures: 0 };
  const tally = new Tally();
  const onFailure = () => {
    seen.failures += 1;
  };
  return { tally, seen, onFailure };
}

describe('counts and exit code', () => {
  test('each job is counted once under its outcome', async () => {
    const { tally, onFailure } = openTally();
    const one = group('b.1', 'w1', 'w2', 'w3');
    tally.add(one.sent, onFailure);
    await one.end('w1', { outcome: 'completed' });
    await one.end('w2', { outcome: 'rejected', code: 'busy' });
    await one.end('w3', { outcome: 'lost', code: 'lost' });
    expect(tally.counts).toEqual({ completed: 1, failed: 0, cancelled: 0, rejected: 1, expired: 0, lost: 1 });
    expect(tally.exitCode).toBe(6);
  });

  test('a failure is reported when it arrives, a success is not', async () => {
    const { tally, seen, onFailure } = openTally();
    const one = group('b.1', 'w1', 'w2');
    tally.add(one.sent, onFailure);
    await one.end('w1', { outcome: 'completed' });
    expect(seen.failures).toBe(0);
    await one.end('w2', { outcome: 'failed', code: 'busy' });
    expect(seen.failures).toBe(1);
  });

  test('if another part judges, outcomes are counted and are not failures', async () => {
    const { tally, seen } = openTally();
    const one = group('b.1', 'w1');
    tally.add(one.sent);
    await one.end('w1', { outcome: 'rejected', code: 'busy' });
    expect({ rejected: tally.counts.rejected, exitCode: tally.exitCode, ...seen }).toEqual({
      rejected: 1,
      exitCode: 0,
      failures: 0,
    });
  });

  test('an error of a line counts, and 0 is not an error', () => {
    const { tally } = openTally();
    tally.fail(0);
    expect(tally.exitCode).toBe(0);
    tally.fail(2);
    tally.fail(4);
    tally.fail(3);
    expect(tally.exitCode).toBe(4);
  });
});

describe('jobs that the shell itself ended', () => {
  test('one job: only that job on that client', async () => {
    const { tally, onFailure } = openTally();
    const [one, two] = [group('b.1', 'w1', 'w2'), group('b.2', 'w1')];
    tally.add(one.sent, onFailure);
    tally.add(two.sent, onFailure);
    tally.endsByUs({ id: 'b.1', client: 'w1' });
    await one.end('w1', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(0);
    await two.end('w1', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(4);
    expect(tally.counts.cancelled).toBe(2);
  });

  test('a client: every job that it has, and none on another', async () => {
    const { tally, onFailure } = openTally();
    const [one, two] = [group('b.1', 'w1', 'w2'), group('b.2', 'w1')];
    tally.add(one.sent, onFailure);
    tally.add(two.sent, onFailure);
    tally.clientsEndByUs(['w1']);
    await one.end('w1', { outcome: 'cancelled', code: 'lost' });
    await two.end('w1', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(0);
    await one.end('w2', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(4);
  });

  test('a client: no job of a later process with the same name', async () => {
    const { tally, onFailure } = openTally();
    const [one, two] = [group('b.1', 'w1'), group('b.2', 'w1')];
    tally.add(one.sent, onFailure);
    tally.clientsEndByUs(['w1']);
    await one.end('w1', { outcome: 'cancelled', code: 'lost' });
    tally.add(two.sent, onFailure);
    await two.end('w1', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(4);
  });
});

describe('a standing job', () => {
  test('is awaited until its client has accepted it, and its outcome still counts', async () => {
    const { tally, seen, onFailure } = openTally();
    const accepted = Promise.withResolvers<boolean>();
    const { sent, end } = standingGroup(accepted.promise, 'b.1', 'w1');
    tally.add(sent, onFailure);
    expect(tally.awaited).toHaveLength(1);
    accepted.resolve(true);
    await tally.settled();
    expect([tally.awaited, tally.unsettled, tally.unfinished]).toEqual([[], sent.jobs, 1]);
    await end('w1', { outcome: 'failed', code: 'lost' });
    expect([tally.exitCode, tally.counts.failed, tally.unfinished, seen.failures]).toEqual([4, 1, 0, 1]);
  });

  test('that is rejected is a failure before the end', async () => {
    const { tally, onFailure } = openTally();
    const accepted = Promise.withResolvers<boolean>();
    const { sent, end } = standingGroup(accepted.promise, 'b.1', 'w1');
    tally.add(sent, onFailure);
    accepted.resolve(false);
    const settled = tally.settled();
    await end('w1', { outcome: 'rejected', code: 'busy' });
    await settled;
    expect([tally.exitCode, tally.counts.rejected]).toEqual([4, 1]);
  });

  test('that the shell itself ends is not a failure', async () => {
    const { tally, onFailure } = openTally();
    const { sent, end } = standingGroup(Promise.resolve(true), 'b.1', 'w1');
    tally.add(sent, onFailure);
    await tally.settled();
    tally.clientsEndByUs(['w1']);
    await end('w1', { outcome: 'cancelled', code: 'lost' });
    expect(tally.exitCode).toBe(0);
  });
});

describe('unfinished jobs', () => {
  test('are listed by job', async () => {
    const { tally, onFailure } = openTally();
    const one = group('b.1', 'w1', 'w2');
    tally.add(one.sent, onFailure);
    await one.end('w1', { outcome: 'completed' });
    expect(tally.unsettled.map(({ id, client }) => `${id}/${client}`)).toEqual(['b.1/w2']);
  });

  test('are awaited, also those sent during the wait', async () => {
    const { tally, onFailure } = openTally();
    const [one, two] = [group('b.1', 'w1'), group('b.2', 'w1')];
    tally.add(one.sent, onFailure);
    const order: string[] = [];
    const settled = tally.settled().then(() => order.push('settled'));
    tally.add(two.sent, onFailure);
    order.push('one');
    await one.end('w1', { outcome: 'completed' });
    order.push('two');
    await two.end('w1', { outcome: 'completed' });
    await settled;
    expect(order).toEqual(['one', 'two', 'settled']);
  });

  test('are not awaited once they are left; they stay unfinished, and their outcomes are neither counted nor judged', async () => {
    const { tally, onFailure } = openTally();
    const { sent, end } = group('b.1', 'w1', 'w2');
    tally.add(sent, onFailure);
    await end('w1', { outcome: 'completed' });
    tally.leave(sent.jobs);
    await tally.settled();
    expect(tally.unsettled.map(({ client }) => client)).toEqual(['w2']);
    await end('w2', { outcome: 'lost', code: 'lost' });
    expect(tally).toMatchObject({ exitCode: 0, unfinished: 1, unsettled: [], counts: { completed: 1, lost: 0 } });
  });

  test('do not exist before anything is sent', async () => {
    const { tally } = openTally();
    await tally.settled();
    expect(tally.unsettled).toEqual([]);
  });
});

test('if exit codes of programs are passed on, the exit code of the program that stopped a batch is not hidden by the rest', async () => {
  const tally = new Tally({ handsThrough: true });
  const { sent } = group('b.1', 'w1', 'w2');
  const result = { exitCode: 3 };
  const error = { code: 'command_failed', message: 'exit code 3' } as const;
  const job = { id: 'b.1', command: 'run', durationMs: 1 };
  const ends: JobOutcome[] = [
    { ...job, client: 'w1', outcome: 'failed', error, result },
    { ...job, client: 'w2', outcome: 'cancelled', error: { code: 'not_sent', message: '1 client has failed' } },
  ];
  const jobs = sent.jobs.map((one, at) => ({ ...one, outcome: Promise.resolve(ends[at] as JobOutcome) }));
  tally.add({ ...sent, jobs }, () => {});
  await tally.settled();
  expect([tally.exitCode, tally.unsent]).toEqual([3, 1]);
});
