import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTimer } from '../src/process/timer.ts';
import { sleep } from '../src/timer.ts';

const dayMs = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait of a year consists of waits of days, and does not end early', () => {
  const delays: number[] = [];
  const { setTimeout: real } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((listener: () => void, ms: number) => {
    delays.push(ms);
    return real(listener, ms);
  }) as typeof setTimeout);
  const ended = vi.fn();
  startTimer(365 * dayMs, ended);
  vi.advanceTimersByTime(365 * dayMs - 1);
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ended).toHaveBeenCalledTimes(1);
  expect(Math.max(...delays)).toBe(dayMs);
  vi.restoreAllMocks();
});

test('a disposed timer never fires', () => {
  const ended = vi.fn();
  const timer = startTimer(3 * dayMs, ended);
  vi.advanceTimersByTime(2 * dayMs);
  timer[Symbol.dispose]();
  vi.advanceTimersByTime(9 * dayMs);
  expect([ended.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
});

test('a sleep of years ends when it is interrupted, and leaves no timer', async () => {
  const interrupt = new AbortController();
  const over = sleep(4_000 * dayMs, interrupt.signal);
  interrupt.abort();
  await over;
  expect(vi.getTimerCount()).toBe(0);
});
