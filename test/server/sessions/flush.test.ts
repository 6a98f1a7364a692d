import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Flush } from '../../../src/server/sessions/flush.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A wait for these clients, and whether it is over. */
function start(peers: readonly string[], ask: (peer: string, flush: Flush) => void = () => {}) {
  const asked: string[] = [];
  const flush: Flush = new Flush((peer) => {
    asked.push(peer);
    ask(peer, flush);
  });
  const state = { isOver: false };
  void flush.wait(peers, 1_000).then(() => {
    state.isOver = true;
  });
  return { asked, flush, state };
}

test('the wait is over when the last of the asked clients has answered', async () => {
  const { asked, flush, state } = start(['a', 'b']);
  expect(asked).toStrictEqual(['a', 'b']);
  flush.done('b');
  flush.done('b');
  flush.done('somebody else');
  await vi.advanceTimersByTimeAsync(999);
  expect(state.isOver).toBe(false);
  flush.done('a');
  await vi.advanceTimersByTimeAsync(0);
  expect(state.isOver).toBe(true);
});

test('the wait ends at its timeout if a client does not answer', async () => {
  const { flush, state } = start(['a', 'b']);
  flush.done('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state.isOver).toBe(true);
});

test.each([
  ['nobody is there', []],
  ['all are found to be gone', ['a', 'b']],
])('it is over at once where %s', async (_where, peers) => {
  const { state } = start(peers, (peer, flush) => flush.done(peer));
  await vi.advanceTimersByTimeAsync(0);
  expect(state.isOver).toBe(true);
});
