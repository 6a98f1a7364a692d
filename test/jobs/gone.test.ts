import { describe, expect, test } from 'vitest';
import { bootA, bootB } from '../support/hello.ts';
import { completed, cutOff, idOf, openJobTable, otherBoot } from './open-job-table.ts';

describe('a client that will not return', () => {
  test('with another boot id: sent jobs are lost, and waiting ones are sent to the new process', () => {
    const { jobTable, connect, submit, accept, takeNews, takeSent } = openJobTable();
    connect();
    accept(submit());
    submit();
    jobTable.sessionEnded('w1', 0);
    jobTable.sessionBegan('w1', bootA);
    submit();
    jobTable.sessionEnded('w1', 0);
    takeSent();
    takeNews();
    jobTable.sessionBegan('w1', bootB);
    jobTable.listingEnded('w1', 0);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost', 'settled aaaaaaaa.2 lost']);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.3']);
  });

  test('the late hello of a process that has since died loses no job of its successor', () => {
    const { jobTable, connect, submit, takeNews, takeSent } = openJobTable();
    connect();
    submit();
    takeSent();
    takeNews();
    jobTable.sessionEnded('w1', 0);
    jobTable.sessionBegan('w1', bootB);
    jobTable.sessionEnded('w1', 0);
    connect();
    expect(takeNews()).toStrictEqual([]);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.1']);
  });

  test('after its goodbye: sent jobs are lost, and waiting ones are rejected as offline', () => {
    const { jobTable, connect, submit, takeNews, told } = openJobTable();
    connect();
    submit();
    jobTable.sessionBegan('w1', bootA);
    submit();
    jobTable.clientGone('w1', 'w1 said goodbye');
    expect(told.map(({ news }) => news.type === 'settled' && news.settlement.error)).toStrictEqual([
      { code: 'lost', message: 'w1 said goodbye' },
      { code: 'offline', message: 'w1 said goodbye' },
    ]);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost', 'settled aaaaaaaa.2 rejected']);
  });

  test.each([
    [61_000, 'sent'],
    [61_001, 'settled'],
  ])('away since 1,000: at %i its job is %s', (nowMs, state) => {
    const { jobTable, sent, takeNews } = cutOff();
    jobTable.tick(nowMs);
    expect(sent.state).toBe(state);
    expect(takeNews()).toHaveLength(state === 'settled' ? 3 : 0);
  });

  test('the time until then can be configured', () => {
    const { jobTable, connect, submit } = openJobTable({ lostAfterMs: 50 });
    connect();
    const job = submit();
    jobTable.sessionEnded('w1', 0);
    jobTable.tick(51);
    expect(job.settlement).toMatchObject({ outcome: 'lost', error: { code: 'lost' } });
    expect(job.settlement).not.toHaveProperty('durationMs');
  });

  test('a result that still arrives is late: it is recorded and acknowledged, and changes nothing', () => {
    const { jobTable, list, answer, takeNews, takeSent, accepted } = cutOff();
    jobTable.tick(100_000);
    takeNews();
    jobTable.sessionBegan('w1', bootA);
    list(accepted.id);
    jobTable.listingEnded('w1', 100_000);
    expect(takeSent()).toStrictEqual(['fetch aaaaaaaa.2 from 0']);
    answer(accepted, completed(42));
    answer(accepted, completed(42));
    expect(takeNews()).toStrictEqual(['late aaaaaaaa.2 completed']);
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.2', 'ack aaaaaaaa.2']);
    expect([accepted.settlement?.outcome, accepted.late]).toStrictEqual(['lost', completed(42)]);
  });
});

describe('a job of another server', () => {
  const id = idOf(4, otherBoot);

  test('is adopted: it is fetched from 0, accepted, and settled once with all its output', () => {
    const { jobTable, list, output, answer, takeNews, takeSent, told } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    list(id, { offsets: { stdout: 400 } });
    jobTable.listingEnded('w1', 0);
    output(id, 0, 'all of it');
    answer({ id }, completed());
    expect(told.every(({ job }) => job.adopted)).toBe(true);
    expect(takeNews()).toStrictEqual([`accepted ${id}`, `output ${id} 0 'all of it'`, `settled ${id} completed`]);
    expect(takeSent()).toStrictEqual([`fetch ${id} from 0`, `output-ack ${id} 9`, `ack ${id}`]);
  });

  test('can be cancelled', () => {
    const { jobTable, list, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    list(id);
    jobTable.listingEnded('w1', 0);
    const job = jobTable.find(id, 'w1');
    if (job) jobTable.cancel(job);
    expect(takeSent()).toStrictEqual([`fetch ${id} from 0`, `cancel ${id}`]);
  });

  test.each(['completed', 'rejected'] as const)('that was %s there gets an outcome here', (outcome) => {
    const { jobTable, list, takeNews } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    list(id, { state: 'settled', outcome });
    jobTable.listingEnded('w1', 0);
    takeNews();
    jobTable.clientGone('w1', 'w1 said goodbye');
    expect(takeNews()).toStrictEqual([`settled ${id} lost`]);
  });

  test('that was rejected there is never sent from here: if its client no longer lists it, it is lost', () => {
    const { jobTable, list, connect, takeNews, takeSent } = openJobTable();
    jobTable.sessionBegan('w1', bootA);
    list(id, { state: 'settled', outcome: 'rejected' });
    jobTable.listingEnded('w1', 0);
    jobTable.sessionEnded('w1', 1_000);
    takeSent();
    connect(2_000);
    expect(takeSent().filter((message) => !message.startsWith('ack'))).toStrictEqual([]);
    expect(takeNews()).toStrictEqual([`settled ${id} lost`]);
  });
});
