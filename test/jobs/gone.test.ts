import { describe, expect, test } from 'vitest';
import { bootA, bootB } from '../server/sessions/hello.ts';
import { completed, cutOff, idOf, openLedger, otherBoot } from './open-job-table.ts';

describe('a client that will not come back', () => {
  test('with another boot id, what was sent is lost, and what waited is sent to the new one', () => {
    const { ledger, connect, submit, accept, takeNews, takeSent } = openLedger();
    connect();
    accept(submit());
    submit();
    ledger.sessionEnded('w1', 0);
    ledger.sessionBegan('w1', bootA);
    submit();
    ledger.sessionEnded('w1', 0);
    takeSent();
    takeNews();
    ledger.sessionBegan('w1', bootB);
    ledger.listingEnded('w1', 0);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost', 'settled aaaaaaaa.2 lost']);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.3']);
  });

  test('the hello of a process that has died since, let through late, loses nothing of its successor', () => {
    const { ledger, connect, submit, takeNews, takeSent } = openLedger();
    connect();
    submit();
    takeSent();
    takeNews();
    ledger.sessionEnded('w1', 0);
    ledger.sessionBegan('w1', bootB);
    ledger.sessionEnded('w1', 0);
    connect();
    expect(takeNews()).toStrictEqual([]);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.1']);
  });

  test('after its goodbye, what was sent is lost and what waits is rejected as offline', () => {
    const { ledger, connect, submit, takeNews, told } = openLedger();
    connect();
    submit();
    ledger.sessionBegan('w1', bootA);
    submit();
    ledger.clientGone('w1', 'w1 said goodbye');
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
    const { ledger, sent, takeNews } = cutOff();
    ledger.tick(nowMs);
    expect(sent.state).toBe(state);
    expect(takeNews()).toHaveLength(state === 'settled' ? 3 : 0);
  });

  test('how long that is can be chosen', () => {
    const { ledger, connect, submit } = openLedger({ lostAfterMs: 50 });
    connect();
    const entry = submit();
    ledger.sessionEnded('w1', 0);
    ledger.tick(51);
    expect(entry.settlement).toMatchObject({ outcome: 'lost', error: { code: 'lost' } });
    expect(entry.settlement).not.toHaveProperty('durationMs');
  });

  test('a result that comes after all is late: recorded, acked, and changes nothing', () => {
    const { ledger, list, answer, takeNews, takeSent, accepted } = cutOff();
    ledger.tick(100_000);
    takeNews();
    ledger.sessionBegan('w1', bootA);
    list(accepted.id);
    ledger.listingEnded('w1', 100_000);
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

  test('is adopted: fetched from 0, accepted, and settled once with all its output', () => {
    const { ledger, list, output, answer, takeNews, takeSent, told } = openLedger();
    ledger.sessionBegan('w1', bootA);
    list(id, { offsets: { stdout: 400 } });
    ledger.listingEnded('w1', 0);
    output(id, 0, 'all of it');
    answer({ id }, completed());
    expect(told.every(({ entry }) => entry.adopted)).toBe(true);
    expect(takeNews()).toStrictEqual([`accepted ${id}`, `output ${id} 0 'all of it'`, `settled ${id} completed`]);
    expect(takeSent()).toStrictEqual([`fetch ${id} from 0`, `output-ack ${id} 9`, `ack ${id}`]);
  });

  test('can be cancelled', () => {
    const { ledger, list, takeSent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    list(id);
    ledger.listingEnded('w1', 0);
    const entry = ledger.find(id, 'w1');
    if (entry) ledger.cancel(entry);
    expect(takeSent()).toStrictEqual([`fetch ${id} from 0`, `cancel ${id}`]);
  });

  test.each(['completed', 'rejected'] as const)('that was %s there is owed an outcome here', (outcome) => {
    const { ledger, list, takeNews } = openLedger();
    ledger.sessionBegan('w1', bootA);
    list(id, { state: 'settled', outcome });
    ledger.listingEnded('w1', 0);
    takeNews();
    ledger.clientGone('w1', 'w1 said goodbye');
    expect(takeNews()).toStrictEqual([`settled ${id} lost`]);
  });
});
