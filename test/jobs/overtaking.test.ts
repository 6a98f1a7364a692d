import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { bootA } from '../server/sessions/hello.ts';
import { completed, idOf, openLedger, rejected } from './open-job-table.ts';

/** One place more is there for `terminate`. */
const window = limits.maxUnacceptedCommands - 1;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('cancelling', () => {
  test('what waits is cancelled at once and never sent', () => {
    const { ledger, connect, submit, takeSent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    const [entry, next] = [submit(), submit()];
    ledger.cancel(entry);
    expect(entry.settlement).toMatchObject({ outcome: 'cancelled', durationMs: 0 });
    connect();
    expect(takeSent()).toStrictEqual([`command ${next.id}`]);
  });

  test.each(['sent', 'accepted'])('the client is asked to end what was %s, and says how that went', (state) => {
    const { ledger, connect, submit, accept, answer, takeSent } = openLedger();
    connect();
    const entry = submit();
    if (state === 'accepted') accept(entry);
    takeSent();
    ledger.cancel(entry);
    expect([entry.state, takeSent()]).toStrictEqual([state, ['cancel aaaaaaaa.1']]);
    answer(entry, completed());
    expect(entry.settlement?.outcome).toBe('completed');
  });

  test('what has ended is left alone', () => {
    const { ledger, connect, submit, answer, takeSent, takeNews } = openLedger();
    connect();
    const entry = submit();
    answer(entry, completed());
    takeSent();
    takeNews();
    ledger.cancel(entry);
    expect([takeSent(), takeNews()]).toStrictEqual([[], []]);
  });

  test('it overtakes a full window', () => {
    const { ledger, connect, submit, takeSent, takeNews } = openLedger();
    connect();
    const entries = range(1, window + 2).map(() => submit());
    takeSent();
    for (const entry of [entries[0], entries[window]]) if (entry) ledger.cancel(entry);
    expect(takeSent()).toStrictEqual([`cancel ${idOf(1)}`]);
    expect(takeNews()).toStrictEqual([`settled ${idOf(window + 1)} cancelled`]);
  });

  test('terminate overtakes a full window: what waits is cancelled, what was sent is left to the client', () => {
    const { ledger, connect, submit, takeSent, takeNews } = openLedger();
    connect();
    const entries = range(1, window + 3).map(() => submit());
    takeSent();
    const terminate = submit({ command: 'terminate', kind: 'control' });
    expect(takeSent()).toStrictEqual([`command ${terminate.id}`]);
    ledger.tick(0);
    expect(takeNews()).toStrictEqual(
      range(window + 1, window + 3).map((counter) => `settled ${idOf(counter)} cancelled`),
    );
    expect(entries.slice(0, window).every(({ state }) => state === 'sent')).toBe(true);
    expect(terminate.state).toBe('sent');
    expect(submit({ command: 'terminate', kind: 'control' }).state).toBe('waiting');
  });
});

describe('expiry', () => {
  test.each([
    [99, 'waiting'],
    [100, 'settled'],
  ])('what waits is %i ms later %s', (nowMs, state) => {
    const { ledger, submit, takeSent } = openLedger();
    ledger.sessionBegan('w1', bootA);
    const entry = submit({ expiresInMs: 100 });
    ledger.tick(nowMs);
    expect(entry.state).toBe(state);
    ledger.listingEnded('w1', nowMs);
    expect(takeSent()).toHaveLength(state === 'waiting' ? 1 : 0);
    expect(entry.settlement?.outcome).toBe(state === 'waiting' ? undefined : 'expired');
  });

  test('what was sent does not expire here: the client may have started it', () => {
    const { ledger, connect, submit } = openLedger();
    connect();
    const entry = submit({ expiresInMs: 100 });
    ledger.tick(10_000);
    expect(entry.state).toBe('sent');
  });

  test('what comes to its turn too late is not sent, whether a tick came or not', () => {
    const { connect, submit, answer, takeSent } = openLedger();
    connect();
    const entries = range(1, window).map(() => submit());
    const late = submit({ expiresInMs: 100 });
    takeSent();
    for (const entry of entries.slice(0, 1)) answer(entry, rejected, 100);
    expect([late.settlement?.outcome, takeSent()]).toStrictEqual(['expired', [`ack ${idOf(1)}`]]);
  });
});
