import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { idOf, openJobTable } from './open-job-table.ts';

const { reconnectWaitMs } = limits;

describe('a command for an absent client', () => {
  test('waits for its reconnect, and is sent when it has listed its jobs', () => {
    const { jobTable, submit, connect, takeSent } = openJobTable();
    const jobs = [submit(), submit()];
    jobTable.tick(reconnectWaitMs - 1);
    expect([jobs.map(({ state }) => state), takeSent()]).toStrictEqual([['waiting', 'waiting'], []]);
    connect(reconnectWaitMs - 1);
    expect(takeSent()).toStrictEqual([`command ${idOf(1)}`, `command ${idOf(2)}`]);
  });

  test('is rejected as offline if the client does not return in time, however long it has been away', () => {
    const { jobTable, submit, connect, takeNews, told } = openJobTable();
    connect();
    jobTable.sessionEnded('w1', 0);
    jobTable.tick(1_000_000);
    submit({ nowMs: 1_000_000 });
    submit({ nowMs: 1_001_000 });
    jobTable.tick(1_000_000 + reconnectWaitMs - 1);
    expect(told).toStrictEqual([]);
    jobTable.tick(1_000_000 + reconnectWaitMs);
    const message = 'it is not connected, and did not connect within 5 s';
    expect(told[0]?.news).toMatchObject({ settlement: { outcome: 'rejected', error: { code: 'offline', message } } });
    expect(takeNews()).toStrictEqual([`settled ${idOf(1)} rejected`]);
    jobTable.tick(1_001_000 + reconnectWaitMs);
    expect(takeNews()).toStrictEqual([`settled ${idOf(2)} rejected`]);
  });

  test('waits as long as it may start, whether the client is away for long or has terminated, and then expires', () => {
    const { jobTable, submit, takeNews, takeSent, connect } = openJobTable();
    const jobs = [true, false].map((hasEnded) => submit({ expiresInMs: 100_000, hasEnded }));
    submit({ expiresInMs: 200_000 });
    jobTable.tick(99_999);
    expect(jobs.map(({ state }) => state)).toStrictEqual(['waiting', 'waiting']);
    jobTable.tick(100_000);
    expect(takeNews()).toStrictEqual([`settled ${idOf(1)} expired`, `settled ${idOf(2)} expired`]);
    connect(199_999);
    expect(takeSent()).toStrictEqual([`command ${idOf(3)}`]);
  });

  test('is queued like any other once the client is back, and no longer waits for its return', () => {
    const { jobTable, submit, connect, takeNews } = openJobTable();
    const job = submit();
    jobTable.sessionBegan('w1', bootA);
    jobTable.sessionEnded('w1', 1);
    jobTable.tick(reconnectWaitMs);
    expect([job.state, takeNews()]).toStrictEqual(['waiting', []]);
    connect(reconnectWaitMs);
    expect(job.state).toBe('sent');
  });

  test('is not rejected earlier because the client has already been away for long', () => {
    const { jobTable, submit, connect } = openJobTable();
    connect();
    jobTable.sessionEnded('w1', 0);
    const job = submit({ nowMs: 59_999 });
    jobTable.tick(60_001);
    expect(job.state).toBe('waiting');
  });

  test('can be cancelled, and leaves nothing behind', () => {
    const { jobTable, submit, connect, takeNews, takeSent } = openJobTable();
    const job = submit();
    jobTable.cancel(job);
    jobTable.tick(reconnectWaitMs);
    connect(reconnectWaitMs);
    expect([takeNews(), takeSent()]).toStrictEqual([[`settled ${idOf(1)} cancelled`], []]);
  });

  test('does not count the time in which this process was stopped', () => {
    const { jobTable, submit } = openJobTable();
    const job = submit();
    jobTable.forgive(20_000, 20_000);
    jobTable.tick(20_000);
    expect(job.state).toBe('waiting');
    jobTable.tick(20_000 + reconnectWaitMs);
    expect(job.state).toBe('settled');
  });

  test('is refused at once without a waiting time', () => {
    const { submit } = openJobTable({ reconnectWaitMs: 0 });
    expect(submit().settlement).toMatchObject({ outcome: 'rejected', error: { code: 'offline' } });
  });

  test('is busy if too many already wait', () => {
    const { submit } = openJobTable();
    const jobs = Array.from({ length: limits.maxWaitingCommands + 1 }, () => submit());
    expect(jobs.at(-2)?.state).toBe('waiting');
    expect(jobs.at(-1)?.settlement).toMatchObject({ outcome: 'rejected', error: { code: 'busy' } });
  });

  test('is not overtaken by a waiting terminate: both are sent in order', () => {
    const { submit, connect, takeSent } = openJobTable();
    submit({ expiresInMs: 100_000 });
    submit({ command: 'terminate', kind: 'control' });
    connect();
    expect(takeSent()).toStrictEqual([`command ${idOf(1)}`, `command ${idOf(2)}`]);
  });
});

test('commands that many absent clients do not fetch in time are rejected in steps, so that the event loop is not blocked', () => {
  const { jobTable, submit, told } = openJobTable();
  for (let count = 0; count < 5_000; count += 1) submit();
  const counts = [1, 2, 3].map(() => {
    jobTable.tick(reconnectWaitMs);
    return told.splice(0).length;
  });
  expect(counts).toStrictEqual([2_000, 2_000, 1_000]);
});

test('a terminating client settles waiting jobs, except those that may still start in its next process', () => {
  const { jobTable, submit, connect, takeNews, takeSent } = openJobTable();
  jobTable.sessionBegan('w1', bootA);
  submit();
  submit({ expiresInMs: 100_000 });
  jobTable.clientGone('w1', 'w1 said goodbye', true);
  expect(takeNews()).toStrictEqual([`settled ${idOf(1)} rejected`]);
  connect(5_000);
  expect(takeSent()).toStrictEqual([`command ${idOf(2)}`]);
  submit({ expiresInMs: 100_000 });
  jobTable.sessionEnded('w1', 5_000);
  submit({ expiresInMs: 100_000 });
  jobTable.clientGone('w1', 'w1 was forgotten', false);
  expect(takeNews()).toStrictEqual(
    [2, 3].map((at) => `settled ${idOf(at)} lost`).concat(`settled ${idOf(4)} rejected`),
  );
});
