import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../server/sessions/hello.ts';
import { completed, idOf, openLedger, rejected } from './open-job-table.ts';

/** One place more is there for `terminate`. */
const window = limits.maxUnacceptedCommands - 1;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the way of a command', () => {
  test('it is sent, accepted, and settled with the answer of its client', () => {
    const { connect, submit, accept, answer, takeSent, takeNews } = openLedger();
    connect();
    const entry = submit();
    expect([entry.state, takeSent()]).toStrictEqual(['sent', ['command aaaaaaaa.1']]);
    accept(entry, 12);
    expect([entry.state, entry.roundTripMs]).toStrictEqual(['accepted', 12]);
    answer(entry, completed(42));
    expect([entry.state, entry.settlement]).toStrictEqual(['settled', completed(42)]);
    expect(takeNews()).toStrictEqual(['accepted aaaaaaaa.1', 'settled aaaaaaaa.1 completed']);
    expect(takeSent()).toStrictEqual(['ack aaaaaaaa.1']);
  });

  test('what it was given travels with it, and what is left of its time', () => {
    const { ledger, connect, submit, sent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    const args = { seconds: 1 };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    submit({ command: 'calculate', args, expiresInMs: 500, timeoutMs: 9, traceparent, nowMs: 1_000 });
    connect(1_200);
    const command = {
      type: 'command',
      id: idOf(1),
      name: 'calculate',
      args,
      sentMs: 1_200,
      expiresInMs: 300,
      timeoutMs: 9,
      traceparent,
    };
    expect(sent).toStrictEqual([command]);
  });

  test('a rejection is an outcome without accepted', () => {
    const { connect, submit, answer, takeSent, takeNews } = openLedger();
    connect();
    const entry = submit();
    answer(entry, rejected);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 rejected']);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.1', 'ack aaaaaaaa.1']);
  });

  test('a second answer is acked and changes nothing', () => {
    const { connect, submit, accept, answer, takeSent, takeNews } = openLedger();
    connect();
    const entry = submit();
    answer(entry, completed(1));
    takeSent();
    takeNews();
    answer(entry, completed(2));
    accept(entry);
    expect([takeNews(), takeSent(), entry.settlement]).toStrictEqual([[], ['ack aaaaaaaa.1'], completed(1)]);
  });

  test('one for a client that is not connected is rejected as offline, and never sent', () => {
    const { submit, connect, takeSent } = openLedger();
    const entry = submit();
    expect(entry.settlement).toMatchObject({ outcome: 'rejected', error: { code: 'offline' }, durationMs: 0 });
    connect();
    expect(takeSent()).toStrictEqual([]);
  });

  test('one for a client that says what it holds waits until it has said it', () => {
    const { ledger, submit, takeSent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    const entry = submit();
    expect([entry.state, takeSent()]).toStrictEqual(['waiting', []]);
    ledger.listingEnded('w1', 0);
    expect([entry.state, takeSent()]).toStrictEqual(['sent', ['command aaaaaaaa.1']]);
  });

  test('it is found while it is known, and only at its client', () => {
    const { ledger, connect, submit, answer } = openLedger();
    connect();
    const entry = submit();
    expect([ledger.find(idOf(1), 'w1'), ledger.find(idOf(1), 'w2')]).toStrictEqual([entry, undefined]);
    answer(entry, completed());
    expect([...ledger.entries()]).toStrictEqual([entry]);
    expect(ledger.find(idOf(1), 'w1')).toBe(entry);
  });
});

describe('the window', () => {
  test('255 unanswered are sent, and one more for each answer, in order', () => {
    const { connect, submit, accept, answer, takeSent } = openLedger();
    connect();
    const entries = range(1, window + 4).map(() => submit());
    expect(takeSent()).toStrictEqual(range(1, window).map((counter) => `command ${idOf(counter)}`));
    const [first, second] = entries;
    if (!first || !second) throw new Error('too few');
    accept(second);
    expect(takeSent()).toStrictEqual([`command ${idOf(window + 1)}`]);
    answer(first, rejected);
    expect(takeSent()).toStrictEqual([`ack ${idOf(1)}`, `command ${idOf(window + 2)}`]);
    answer(second, completed());
    expect(takeSent()).toStrictEqual([`ack ${idOf(2)}`]);
  });

  test('what is over 200,000 waiting is rejected as busy', () => {
    const { ledger, submit } = openLedger();
    ledger.sessionBegan('w1', bootA);
    const entries = range(1, limits.maxWaitingCommands + 1).map(() => submit());
    expect(entries.at(-2)?.state).toBe('waiting');
    expect(entries.at(-1)?.settlement).toMatchObject({ outcome: 'rejected', error: { code: 'busy' } });
  });
});
