import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { completed, idOf, openJobTable, rejected } from './open-job-table.ts';

/** One more place exists for `terminate`. */
const window = limits.maxUnacceptedCommands - 1;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the states of a command', () => {
  test('it is sent, accepted, and settled with the answer of its client', () => {
    const { connect, submit, accept, answer, takeSent, takeNews } = openJobTable();
    connect();
    const job = submit();
    expect([job.state, takeSent()]).toStrictEqual(['sent', ['command aaaaaaaa.1']]);
    accept(job, 12);
    expect([job.state, job.roundTripMs]).toStrictEqual(['accepted', 12]);
    answer(job, completed(42));
    expect([job.state, job.settlement]).toStrictEqual(['settled', completed(42)]);
    expect(takeNews()).toStrictEqual(['accepted aaaaaaaa.1', 'settled aaaaaaaa.1 completed']);
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.1']);
  });

  test('its arguments and its remaining time are sent with it', () => {
    const { jobTable, connect, submit, sent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const args = { seconds: 1 };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    submit({ command: 'calculate', args, expiresInMs: 500, timeoutMs: 9, traceparent, standing: true, nowMs: 1_000 });
    connect(1_200);
    const command = {
      type: 'command',
      id: 1,
      name: 'calculate',
      args,
      sentMs: 1_200,
      expiresInMs: 300,
      timeoutMs: 9,
      traceparent,
      standing: true,
    };
    expect(sent).toStrictEqual([command]);
  });

  test('a rejection is an outcome without accepted', () => {
    const { connect, submit, answer, takeSent, takeNews } = openJobTable();
    connect();
    const job = submit();
    answer(job, rejected);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 rejected']);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.1', 'ack aaaaaaaa.1']);
  });

  test('a second answer is acknowledged and changes nothing', () => {
    const { connect, submit, accept, answer, takeSent, takeNews } = openJobTable();
    connect();
    const job = submit();
    answer(job, completed(1));
    takeSent();
    takeNews();
    answer(job, completed(2));
    accept(job);
    expect([takeNews(), takeSent(), job.settlement]).toStrictEqual([[], ['ack aaaaaaaa.1'], completed(1)]);
  });

  test('one for a terminated client is rejected as offline at once, and never sent', () => {
    const { submit, connect, takeSent } = openJobTable();
    const job = submit({ hasEnded: true });
    expect(job.settlement).toMatchObject({ outcome: 'rejected', error: { code: 'offline' }, durationMs: 0 });
    connect();
    expect(takeSent()).toStrictEqual([]);
  });

  test('one for a client that is listing its jobs waits until the list is complete', () => {
    const { jobTable, submit, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const job = submit();
    expect([job.state, takeSent()]).toStrictEqual(['waiting', []]);
    jobTable.listingEnded('w1', 0);
    expect([job.state, takeSent()]).toStrictEqual(['sent', ['command aaaaaaaa.1']]);
  });

  test('it is found while it is known, and only at its client', () => {
    const { jobTable, connect, submit, answer } = openJobTable();
    connect();
    const job = submit();
    expect([jobTable.find(idOf(1), 'w1'), jobTable.find(idOf(1), 'w2')]).toStrictEqual([job, undefined]);
    answer(job, completed());
    expect([...jobTable.all()]).toStrictEqual([job]);
    expect(jobTable.find(idOf(1), 'w1')).toBe(job);
  });
});

describe('the window', () => {
  test('255 unanswered commands are sent, and one more for each answer, in order', () => {
    const { connect, submit, accept, answer, takeSent } = openJobTable();
    connect();
    const jobs = range(1, window + 4).map(() => submit());
    expect(takeSent()).toStrictEqual(range(1, window).map((counter) => `command ${idOf(counter)}`));
    const [first, second] = jobs;
    if (!first || !second) throw new Error('too few');
    accept(second);
    expect(takeSent()).toStrictEqual([`command ${idOf(window + 1)}`]);
    answer(first, rejected);
    expect(takeSent()).toStrictEqual([`ack ${idOf(1)}`, `command ${idOf(window + 2)}`]);
    answer(second, completed());
    expect(takeSent()).toStrictEqual([`ack ${idOf(2)}`]);
  });

  test('commands over 200,000 waiting ones are rejected as busy', () => {
    const { jobTable, submit } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const jobs = range(1, limits.maxWaitingCommands + 1).map(() => submit());
    expect(jobs.at(-2)?.state).toBe('waiting');
    expect(jobs.at(-1)?.settlement).toMatchObject({ outcome: 'rejected', error: { code: 'busy' } });
  });
});
