import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits } from '../../../schemas/index.ts';
import { Eviction } from '../../../src/server/sessions/eviction.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Connections without a session, which the test opens and ends, and how often all connections were closed. */
function open() {
  const sessionless = new Set<string>();
  let closings = 0;
  const eviction = new Eviction({
    sessionless: () => [...sessionless],
    closeConnections: async () => {
      closings += 1;
      sessionless.clear();
    },
  });
  return { eviction, sessionless, closings: () => closings };
}

const { handshakeMs } = limits;

test('a refused connection that stays open is closed at its timeout, together with all others', () => {
  const { eviction, sessionless, closings } = open();
  sessionless.add('mallory');
  eviction.keyRemoved();
  vi.advanceTimersByTime(handshakeMs - 1);
  expect(closings()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(closings()).toBe(1);
  vi.advanceTimersByTime(10 * handshakeMs);
  expect(closings()).toBe(1);
});

test('if the refused clients hang up by themselves, nothing is closed', () => {
  const { eviction, sessionless, closings } = open();
  sessionless.add('w1');
  eviction.keyRemoved();
  sessionless.delete('w1');
  vi.advanceTimersByTime(10 * handshakeMs);
  expect([closings(), vi.getTimerCount()]).toEqual([0, 0]);
});

test('clients that connect in the meantime and start their sessions do not cause a close', () => {
  const { eviction, sessionless, closings } = open();
  sessionless.add('w1');
  eviction.keyRemoved();
  for (let round = 0; round < 4; round += 1) {
    sessionless.clear();
    sessionless.add(`w${round}`);
    vi.advanceTimersByTime(handshakeMs);
  }
  expect(closings()).toBe(0);
});

test('a handshake in progress does not continue: its connection is closed, too', () => {
  const { eviction, sessionless, closings } = open();
  eviction.keyRemoved();
  sessionless.add('mallory');
  vi.advanceTimersByTime(2 * handshakeMs - 1);
  expect(closings()).toBe(0);
  vi.advanceTimersByTime(1);
  expect(closings()).toBe(1);
});

test('each removal has its own timeout, and the end of the server ends all', () => {
  const { eviction, sessionless, closings } = open();
  for (let removal = 0; removal < 8; removal += 1) {
    eviction.keyRemoved();
    vi.advanceTimersByTime(handshakeMs / 4);
    if (removal === 3) sessionless.add('mallory');
  }
  vi.advanceTimersByTime(handshakeMs);
  expect(closings()).toBe(1);
  eviction.keyRemoved();
  eviction[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
});
