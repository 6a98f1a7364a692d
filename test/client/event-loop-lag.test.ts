import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventLoopLag } from '../../src/client/event-loop-lag.ts';

let nowMs: number;
beforeEach(() => {
  nowMs = 1_000;
  vi.useFakeTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Runs the timers once, this number of ms after they were due. */
function tick(lateMs: number): void {
  nowMs += 50 + lateMs;
  vi.advanceTimersByTime(50);
}

test('the lag is the longest time that the event loop was blocked since the last call', () => {
  using lag = new EventLoopLag();
  expect(lag.takeMs()).toBe(0);
  for (const lateMs of [0, 400, 7]) tick(lateMs);
  expect(lag.takeMs()).toBe(400);
  tick(0);
  expect(lag.takeMs()).toBe(0);
});

test('a block that is read before the timer has run is counted once', () => {
  using lag = new EventLoopLag();
  lag.takeMs();
  nowMs += 350;
  expect(lag.takeMs()).toBe(300);
  vi.advanceTimersByTime(50);
  expect(lag.takeMs()).toBe(0);
});

test('two meters of one process do not affect each other', () => {
  using one = new EventLoopLag();
  using other = new EventLoopLag();
  one.takeMs();
  other.takeMs();
  tick(400);
  expect([one.takeMs(), other.takeMs(), one.takeMs()]).toEqual([400, 400, 0]);
});

test('a meter starts its timer at the first call, and leaves no timer', () => {
  const lag = new EventLoopLag();
  expect(vi.getTimerCount()).toBe(0);
  lag.takeMs();
  expect(vi.getTimerCount()).toBe(1);
  lag[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
});
