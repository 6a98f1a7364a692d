import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../server/sessions/hello.ts';
import { verdict } from '../wire/refusal.ts';
import { completed, cutOff, idOf, openLedger, otherBoot, rejected } from './open-job-table.ts';

describe('the end of a session', () => {
  test('settles nothing', () => {
    const { takeNews, takeSent, sent, accepted, cancelled } = cutOff();
    expect([sent.state, accepted.state, cancelled.state]).toStrictEqual(['sent', 'accepted', 'sent']);
    expect([takeNews(), takeSent()]).toStrictEqual([[], []]);
  });

  test('what was sent and is not listed is sent again; what was accepted is lost; what was to be cancelled is', () => {
    const { connect, takeNews, takeSent } = cutOff();
    connect(2_000);
    expect(takeSent().filter((message) => !message.startsWith('ack'))).toStrictEqual(['command aaaaaaaa.1']);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.2 lost', 'settled aaaaaaaa.3 cancelled']);
  });

  test('what is listed is kept and fetched from where its output was cut, and the cancel is said again', () => {
    const { ledger, output, list, takeNews, takeSent, accepted } = cutOff();
    output(accepted.id, 0, 'seen');
    takeSent();
    ledger.sessionBegan('w1', bootA);
    for (const counter of [1, 2, 3]) list(idOf(counter));
    ledger.listingEnded('w1', 2_000);
    expect(takeSent()).toStrictEqual([
      'fetch aaaaaaaa.1 from 0',
      'fetch aaaaaaaa.2 from 4',
      'fetch aaaaaaaa.3 from 0',
      'cancel aaaaaaaa.3',
    ]);
    expect(takeNews().slice(1)).toStrictEqual(['accepted aaaaaaaa.1', 'accepted aaaaaaaa.3']);
  });

  test('what was listed in one session and is not in the next is lost', () => {
    const { ledger, list, takeNews, accepted } = cutOff();
    ledger.sessionBegan('w1', bootA);
    list(accepted.id);
    ledger.listingEnded('w1', 2_000);
    ledger.sessionEnded('w1', 3_000);
    takeNews();
    ledger.sessionBegan('w1', bootA);
    ledger.listingEnded('w1', 4_000);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.2 lost']);
  });

  test('a rejection that is listed is not accepted', () => {
    const { ledger, list, answer, takeNews, takeSent, sent } = cutOff();
    ledger.sessionBegan('w1', bootA);
    list(sent.id, { state: 'settled', outcome: 'rejected' });
    expect([takeNews(), takeSent()]).toStrictEqual([[], ['fetch aaaaaaaa.1 from 0']]);
    answer(sent, rejected);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 rejected']);
  });

  test('what has expired meanwhile is not sent again', () => {
    const { ledger, connect, submit, takeSent } = openLedger();
    connect();
    const entry = submit({ expiresInMs: 100 });
    ledger.sessionEnded('w1', 10);
    takeSent();
    connect(100);
    expect(entry.settlement?.outcome).toBe('expired');
    expect(takeSent().filter((message) => !message.startsWith('ack'))).toStrictEqual([]);
  });

  test('what is sent again counts once in the window', () => {
    const { ledger, connect, submit, accept, takeSent } = openLedger();
    connect();
    const entries = Array.from({ length: 257 }, () => submit());
    ledger.sessionEnded('w1', 0);
    takeSent();
    connect();
    expect(takeSent()).toHaveLength(255);
    for (const entry of entries.slice(0, 2)) accept(entry);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.256', 'command aaaaaaaa.257']);
  });

  test('of what was settled and written, an ack is said again', () => {
    const { ledger, list, answer, takeSent, accepted } = cutOff();
    answer(accepted, completed());
    takeSent();
    ledger.sessionBegan('w1', bootA);
    list(accepted.id, { state: 'settled', outcome: 'completed' });
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.2']);
  });

  test('a job that is forgotten here and open at another client may be listed: it was its own once', () => {
    const { ledger } = openLedger();
    for (const client of ['w1', 'w2']) {
      ledger.sessionBegan(client, bootA);
      ledger.listingEnded(client, 0);
    }
    const id = ledger.nextId();
    ledger.submit(id, 'w2', { command: 'work', kind: 'data', args: {} }, 0);
    expect(verdict(() => ledger.checkOwn(id, 'w1', true))).toBe('accepted');
    expect(verdict(() => ledger.checkOwn(id, 'w1', false))).toBe('not_allowed');
    expect(verdict(() => ledger.checkOwn(idOf(99), 'w1', true))).toBe('not_allowed');
    expect(verdict(() => ledger.checkOwn(id, 'w2', false))).toBe('accepted');
  });

  test('a job of several clients is foreign to all others until the last of them has ended it', () => {
    const { ledger } = openLedger();
    const id = ledger.nextId();
    for (const client of ['w1', 'w2']) {
      ledger.sessionBegan(client, bootA);
      ledger.listingEnded(client, 0);
      ledger.submit(id, client, { command: 'work', kind: 'data', args: {} }, 0);
    }
    const stranger = () => verdict(() => ledger.checkOwn(id, 'w3', false));
    ledger.answered('w1', id, completed(), 0);
    expect(stranger()).toBe('not_allowed');
    ledger.answered('w2', id, completed(), 0);
    expect(stranger()).toBe('accepted');
  });

  test('of more jobs of other servers than a client can hold, what is too much is refused until others have ended', () => {
    const { ledger, list, answer } = openLedger();
    ledger.sessionBegan('w1', bootA);
    for (let counter = 1; counter <= limits.maxAdoptedJobs; counter += 1) list(idOf(counter, otherBoot));
    const more = () => list(idOf(limits.maxAdoptedJobs + 1, otherBoot));
    expect(verdict(more)).toBe('busy');
    answer({ id: idOf(1, otherBoot) }, completed());
    expect(verdict(more)).toBe('accepted');
  });

  test('of an id that is long forgotten, a result is acked and a running job is asked for its result', () => {
    const { ledger, list, answer, takeNews, takeSent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    list(idOf(7), { state: 'settled', outcome: 'completed' });
    list(idOf(8), { offsets: { stdout: 30 } });
    answer({ id: idOf(8) }, completed());
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.7', 'fetch aaaaaaaa.8 from 30', 'ack aaaaaaaa.8']);
    expect(takeNews()).toStrictEqual([]);
  });
});
