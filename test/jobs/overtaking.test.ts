import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { completed, idOf, openJobTable, rejected } from './open-job-table.ts';

/** One more place exists for `terminate`. */
const window = limits.maxUnacceptedCommands - 1;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('cancelling', () => {
  test('a waiting job is cancelled at once and never sent', () => {
    const { jobTable, connect, submit, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const [job, next] = [submit(), submit()];
    jobTable.cancel(job);
    expect(job.settlement).toMatchObject({ outcome: 'cancelled', durationMs: 0 });
    connect();
    expect(takeSent()).toStrictEqual([`command ${next.id}`]);
  });

  test.each(['sent', 'accepted'])('a client is asked to end a job that was %s, and reports the result', (state) => {
    const { jobTable, connect, submit, accept, answer, takeSent } = openJobTable();
    connect();
    const job = submit();
    if (state === 'accepted') accept(job);
    takeSent();
    jobTable.cancel(job);
    expect([job.state, takeSent()]).toStrictEqual([state, ['cancel aaaaaaaa.1']]);
    answer(job, completed());
    expect(job.settlement?.outcome).toBe('completed');
  });

  test('an ended job is left alone', () => {
    const { jobTable, connect, submit, answer, takeSent, takeNews } = openJobTable();
    connect();
    const job = submit();
    answer(job, completed());
    takeSent();
    takeNews();
    jobTable.cancel(job);
    expect([takeSent(), takeNews()]).toStrictEqual([[], []]);
  });

  test('it overtakes a full window', () => {
    const { jobTable, connect, submit, takeSent, takeNews } = openJobTable();
    connect();
    const jobs = range(1, window + 2).map(() => submit());
    takeSent();
    for (const job of [jobs[0], jobs[window]]) if (job) jobTable.cancel(job);
    expect(takeSent()).toStrictEqual([`cancel ${idOf(1)}`]);
    expect(takeNews()).toStrictEqual([`settled ${idOf(window + 1)} cancelled`]);
  });

  test('terminate overtakes a full window: waiting jobs are cancelled, sent ones are left to the client', () => {
    const { jobTable, connect, submit, takeSent, takeNews } = openJobTable();
    connect();
    const jobs = range(1, window + 3).map(() => submit());
    takeSent();
    const terminate = submit({ command: 'terminate', kind: 'control' });
    expect(takeSent()).toStrictEqual([`command ${terminate.id}`]);
    jobTable.tick(0);
    expect(takeNews()).toStrictEqual(
      range(window + 1, window + 3).map((counter) => `settled ${idOf(counter)} cancelled`),
    );
    expect(jobs.slice(0, window).every(({ state }) => state === 'sent')).toBe(true);
    expect(terminate.state).toBe('sent');
    expect(submit({ command: 'terminate', kind: 'control' }).state).toBe('waiting');
  });
});

describe('expiry', () => {
  test.each([
    [99, 'waiting'],
    [100, 'settled'],
  ])('what waits is %i ms later %s', (nowMs, state) => {
    const { jobTable, submit, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const job = submit({ expiresInMs: 100 });
    jobTable.tick(nowMs);
    expect(job.state).toBe(state);
    jobTable.listingEnded('w1', nowMs);
    expect(takeSent()).toHaveLength(state === 'waiting' ? 1 : 0);
    expect(job.settlement?.outcome).toBe(state === 'waiting' ? undefined : 'expired');
  });

  test('a sent job does not expire here, because the client may have started it', () => {
    const { jobTable, connect, submit } = openJobTable();
    connect();
    const job = submit({ expiresInMs: 100 });
    jobTable.tick(10_000);
    expect(job.state).toBe('sent');
  });

  test('a job whose turn comes too late is not sent, with or without a tick', () => {
    const { connect, submit, answer, takeSent } = openJobTable();
    connect();
    const jobs = range(1, window).map(() => submit());
    const late = submit({ expiresInMs: 100 });
    takeSent();
    for (const job of jobs.slice(0, 1)) answer(job, rejected, 100);
    expect([late.settlement?.outcome, takeSent()]).toStrictEqual(['expired', [`ack ${idOf(1)}`]]);
  });
});
