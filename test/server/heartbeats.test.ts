import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeats } from '../../src/server/heartbeats.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function open(peers: readonly string[]) {
  const beats: string[] = [];
  const gaps: number[] = [];
  const onBeat = vi.fn((peer: string) => void beats.push(peer));
  const onGap = vi.fn((gapMs: number) => void gaps.push(gapMs));
  const heartbeats = new Heartbeats({ onBeat, onGap });
  for (const peer of peers) heartbeats.add(peer);
  return { heartbeats, beats, gaps, onBeat, [Symbol.dispose]: () => heartbeats.close() };
}
const named = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
/** The clock goes on, and no timer fires: what a stopped process sees of the time. */
const stopFor = (ms: number) => vi.setSystemTime(Date.now() + ms);

test('each peer has one beat a second', () => {
  using open1 = open(named(3));
  vi.advanceTimersByTime(1_000);
  expect(open1.beats.toSorted()).toStrictEqual(['p0', 'p1', 'p2']);
  vi.advanceTimersByTime(9_000);
  expect(open1.onBeat).toHaveBeenCalledTimes(30);
});

test('the beats of many are spread over the second', () => {
  using open1 = open(named(200));
  const perTurn: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const before = open1.beats.length;
    vi.advanceTimersByTime(50);
    perTurn.push(open1.beats.length - before);
  }
  expect(perTurn).toStrictEqual(Array.from({ length: 20 }, () => 10));
  expect(new Set(open1.beats).size).toBe(200);
});

test('who comes takes the place of who left', () => {
  using open1 = open(named(40));
  open1.heartbeats.delete('p7');
  open1.heartbeats.delete('p7');
  open1.heartbeats.delete('nobody');
  open1.heartbeats.add('new');
  const perTurn = Array.from({ length: 20 }, () => {
    const before = open1.beats.length;
    vi.advanceTimersByTime(50);
    return open1.beats.length - before;
  });
  expect(Math.max(...perTurn)).toBe(2);
  expect([open1.beats.includes('p7'), open1.beats.includes('new'), open1.beats.length]).toStrictEqual([
    false,
    true,
    40,
  ]);
});

test('a peer that is deleted by its own beat beats no more, and the others do', () => {
  using open1 = open(named(25));
  open1.onBeat.mockImplementation((peer) => {
    open1.beats.push(peer);
    if (peer === 'p0') open1.heartbeats.delete(peer);
  });
  vi.advanceTimersByTime(2_000);
  expect(open1.beats.filter((peer) => peer === 'p0')).toHaveLength(1);
  expect(open1.beats).toHaveLength(49);
});

test('a clock that goes on evenly has no gap', () => {
  using open1 = open(named(1));
  vi.advanceTimersByTime(60_000);
  expect(open1.gaps).toStrictEqual([]);
});

test('a gap in the clock is told before the next beat, with its length', () => {
  using open1 = open(named(40));
  const order: string[] = [];
  open1.onBeat.mockImplementation(() => void order.push('beat'));
  vi.advanceTimersByTime(1_000);
  order.length = 0;
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_050);
  vi.advanceTimersToNextTimer();
  vi.mocked(performance.now).mockRestore();
  expect([open1.gaps, order]).toStrictEqual([[5_000], ['beat', 'beat']]);
});

test('closed, nothing beats', () => {
  using open1 = open(named(40));
  open1.heartbeats.close();
  open1.heartbeats.close();
  vi.advanceTimersByTime(5_000);
  expect(open1.beats).toStrictEqual([]);
});
void stopFor;
