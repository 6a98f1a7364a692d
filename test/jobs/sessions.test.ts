import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../support/hello.ts';
import { verdict } from '../support/refusal.ts';
import { completed, cutOff, idOf, openJobTable, otherBoot, rejected } from './open-job-table.ts';

describe('the end of a session', () => {
  test('settles nothing', () => {
    const { takeNews, takeSent, sent, accepted, cancelled } = cutOff();
    expect([sent.state, accepted.state, cancelled.state]).toStrictEqual(['sent', 'accepted', 'sent']);
    expect([takeNews(), takeSent()]).toStrictEqual([[], []]);
  });

  test('unlisted jobs that were only sent are resent, accepted ones are lost, and those to be cancelled are cancelled', () => {
    const { connect, takeNews, takeSent } = cutOff();
    connect(2_000);
    expect(takeSent().filter((message) => !message.startsWith('ack'))).toStrictEqual(['command aaaaaaaa.1']);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.2 lost', 'settled aaaaaaaa.3 cancelled']);
  });

  test('listed jobs are kept and fetched from where their output was cut, and the cancel is repeated', () => {
    const { jobTable, output, list, takeNews, takeSent, accepted } = cutOff();
    output(accepted.id, 0, 'seen');
    takeSent();
    jobTable.sessionBegan('w1', bootA);
    for (const counter of [1, 2, 3]) list(idOf(counter));
    jobTable.listingEnded('w1', 2_000);
    expect(takeSent()).toStrictEqual([
      'fetch aaaaaaaa.1 from 0',
      'fetch aaaaaaaa.2 from 4',
      'fetch aaaaaaaa.3 from 0',
      'cancel aaaaaaaa.3',
    ]);
    expect(takeNews().slice(1)).toStrictEqual(['accepted aaaaaaaa.1', 'accepted aaaaaaaa.3']);
  });

  test('a job that was listed in one session and is not in the next is lost', () => {
    const { jobTable, list, takeNews, accepted } = cutOff();
    jobTable.sessionBegan('w1', bootA);
    list(accepted.id);
    jobTable.listingEnded('w1', 2_000);
    jobTable.sessionEnded('w1', 3_000);
    takeNews();
    jobTable.sessionBegan('w1', bootA);
    jobTable.listingEnded('w1', 4_000);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.2 lost']);
  });

  test('a job that is listed as rejected is not accepted', () => {
    const { jobTable, list, answer, takeNews, takeSent, sent } = cutOff();
    jobTable.sessionBegan('w1', bootA);
    list(sent.id, { state: 'settled', outcome: 'rejected' });
    expect([takeNews(), takeSent()]).toStrictEqual([[], ['fetch aaaaaaaa.1 from 0']]);
    answer(sent, rejected);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 rejected']);
  });

  test('a job that has expired in the meantime is not resent', () => {
    const { jobTable, connect, submit, takeSent } = openJobTable();
    connect();
    const job = submit({ expiresInMs: 100 });
    jobTable.sessionEnded('w1', 10);
    takeSent();
    connect(100);
    expect(job.settlement?.outcome).toBe('expired');
    expect(takeSent().filter((message) => !message.startsWith('ack'))).toStrictEqual([]);
  });

  test('a resent job counts once in the window', () => {
    const { jobTable, connect, submit, accept, takeSent } = openJobTable();
    connect();
    const jobs = Array.from({ length: 257 }, () => submit());
    jobTable.sessionEnded('w1', 0);
    takeSent();
    connect();
    expect(takeSent()).toHaveLength(255);
    for (const job of jobs.slice(0, 2)) accept(job);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.256', 'command aaaaaaaa.257']);
  });

  test('the ack of a settled and stored job is repeated', () => {
    const { jobTable, list, answer, takeSent, accepted } = cutOff();
    answer(accepted, completed());
    takeSent();
    jobTable.sessionBegan('w1', bootA);
    list(accepted.id, { state: 'settled', outcome: 'completed' });
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.2']);
  });

  test('a job that is forgotten here and open at another client may be listed, because the client may have had it before', () => {
    const { jobTable } = openJobTable();
    for (const client of ['w1', 'w2']) {
      jobTable.sessionBegan(client, bootA);
      jobTable.listingEnded(client, 0);
    }
    const { id } = jobTable.submit(jobTable.begin({ command: 'work', kind: 'data', args: {} }, 0), 'w2', 0);
    expect(verdict(() => jobTable.checkOwn(id, 'w1', true))).toBe('accepted');
    expect(verdict(() => jobTable.checkOwn(id, 'w1', false))).toBe('not_allowed');
    expect(verdict(() => jobTable.checkOwn(idOf(99), 'w1', true))).toBe('not_allowed');
    expect(verdict(() => jobTable.checkOwn(id, 'w2', false))).toBe('accepted');
  });

  test('a job of several clients is foreign to all others until the last of them has ended it', () => {
    const { jobTable } = openJobTable();
    const submission = jobTable.begin({ command: 'work', kind: 'data', args: {} }, 0, 2);
    const { id } = submission;
    for (const client of ['w1', 'w2']) {
      jobTable.sessionBegan(client, bootA);
      jobTable.listingEnded(client, 0);
      jobTable.submit(submission, client, 0);
    }
    const stranger = () => verdict(() => jobTable.checkOwn(id, 'w3', false));
    jobTable.answered('w1', id, completed(), 0);
    expect(stranger()).toBe('not_allowed');
    jobTable.answered('w2', id, completed(), 0);
    expect(stranger()).toBe('accepted');
  });

  test('a client cannot report a job that still waits here', () => {
    const { jobTable, submit } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    const { id } = submit();
    const spoken = () => verdict(() => jobTable.checkOwn(id, 'w1', true));
    expect(spoken()).toBe('not_allowed');
    jobTable.listingEnded('w1', 0);
    expect(spoken()).toBe('accepted');
  });

  test.each([
    'aaaaaaaa.01',
    'aaaaaaaa.1e0',
    'aaaaaaaa.0x1',
    'aaaaaaaa. 1',
    'aaaaaaaa.1.0',
    'aaaaaaaa.',
    'aaaaaaaa.0',
    'aaaaaaaa.-1',
  ])('%s is not another name for job 1', (id) => {
    const { jobTable, connect, submit } = openJobTable();
    connect();
    submit();
    expect(jobTable.find(id, 'w1')).toBeUndefined();
    expect(verdict(() => jobTable.checkOwn(id, 'w1', true))).toBe('not_allowed');
  });

  test('if clients list more jobs of other servers than one can hold, the excess is refused until others have ended', () => {
    const { jobTable, list, answer } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    for (let counter = 1; counter <= limits.maxAdoptedJobs; counter += 1) list(idOf(counter, otherBoot));
    const more = () => list(idOf(limits.maxAdoptedJobs + 1, otherBoot));
    expect(verdict(more)).toBe('busy');
    answer({ id: idOf(1, otherBoot) }, completed());
    expect(verdict(more)).toBe('accepted');
  });

  test('for a long forgotten id, a result is acknowledged and a running job is asked for its result', () => {
    const { jobTable, list, answer, takeNews, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    list(idOf(7), { state: 'settled', outcome: 'completed' });
    list(idOf(8), { offsets: { stdout: 30 } });
    answer({ id: idOf(8) }, completed());
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.7', 'fetch aaaaaaaa.8 from 30', 'ack aaaaaaaa.8']);
    expect(takeNews()).toStrictEqual([]);
  });
});
