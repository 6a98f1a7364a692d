import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Heartbeats } from '../../../src/server/sessions/heartbeats.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function open(peers: readonly string[]) {
  const beats: string[] = [];
  const order: string[] = [];
  const between: string[] = [];
  const onBeat = vi.fn((peer: string) => {
    beats.push(peer);
    order.push('beat');
  });
  const heartbeats = new Heartbeats({
    onBeat: (due) => due.forEach((peer) => void onBeat(peer)),
    onBetween: (due) => void between.push(...due),
    onGap: (gapMs) => void order.push(`gap of ${gapMs} ms`),
  });
  for (const peer of peers) heartbeats.add(peer);
  return { heartbeats, beats, between, order, onBeat, [Symbol.dispose]: () => heartbeats.close() };
}
const named = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

test('each peer has one beat in two seconds, and is checked once more between two beats', () => {
  using running = open(named(3));
  vi.advanceTimersByTime(2_000);
  expect([running.beats.toSorted(), running.between.toSorted()]).toStrictEqual([
    ['p0', 'p1', 'p2'],
    ['p0', 'p1', 'p2'],
  ]);
  vi.advanceTimersByTime(18_000);
  expect([running.onBeat.mock.calls.length, running.between.length]).toStrictEqual([30, 30]);
});

test('the beats of many peers are spread over the interval', () => {
  using running = open(named(200));
  const perTurn: number[] = [];
  for (let turn = 0; turn < 40; turn += 1) {
    const before = running.beats.length;
    vi.advanceTimersByTime(50);
    perTurn.push(running.beats.length - before);
  }
  expect(perTurn).toStrictEqual(Array.from({ length: 40 }, () => 5));
  expect(new Set(running.beats).size).toBe(200);
});

test('a new peer takes the place of one that left', () => {
  using running = open(named(80));
  running.heartbeats.delete('p7');
  running.heartbeats.delete('p7');
  running.heartbeats.delete('nobody');
  running.heartbeats.add('new');
  const perTurn = Array.from({ length: 40 }, () => {
    const before = running.beats.length;
    vi.advanceTimersByTime(50);
    return running.beats.length - before;
  });
  expect(Math.max(...perTurn)).toBe(2);
  expect([running.beats.includes('p7'), running.beats.includes('new'), running.beats.length]).toStrictEqual([
    false,
    true,
    80,
  ]);
});

test('a peer that is deleted by its own beat has no more beats, and the others continue', () => {
  using running = open(named(25));
  running.onBeat.mockImplementation((peer) => {
    running.beats.push(peer);
    if (peer === 'p0') running.heartbeats.delete(peer);
  });
  vi.advanceTimersByTime(4_000);
  expect(running.beats.filter((peer) => peer === 'p0')).toHaveLength(1);
  expect(running.beats).toHaveLength(49);
});

test('a steady clock has no gap', () => {
  using running = open(named(1));
  vi.advanceTimersByTime(60_000);
  expect(running.order).toStrictEqual(Array.from({ length: 30 }, () => 'beat'));
});

test('a gap in the clock is reported before the next beat, with its length', () => {
  using running = open(named(40));
  vi.advanceTimersByTime(1_000);
  running.order.length = 0;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_050);
  vi.advanceTimersToNextTimer();
  clock.mockRestore();
  expect(running.order.slice(0, 2)).toStrictEqual(['gap of 5000 ms', 'beat']);
  expect(running.order.filter((what) => what.startsWith('gap'))).toHaveLength(1);
});

test.each([
  [1_000, 0],
  [1_001, 1],
])('late by %i ms there are %i gaps', (lateMs, count) => {
  using running = open([]);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 50 + lateMs);
  vi.advanceTimersToNextTimer();
  clock.mockRestore();
  expect(running.order).toHaveLength(count);
});

test('after closing there are no beats', () => {
  using running = open(named(40));
  running.heartbeats.close();
  running.heartbeats.close();
  vi.advanceTimersByTime(5_000);
  expect(running.beats).toStrictEqual([]);
});

test('a late turn does not make the next one late', () => {
  using running = open(named(20));
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 80);
  vi.advanceTimersToNextTimer();
  clock.mockRestore();
  expect(running.beats).toHaveLength(1);
  vi.advanceTimersByTime(20);
  expect(running.beats).toHaveLength(2);
});
