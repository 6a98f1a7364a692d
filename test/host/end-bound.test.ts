import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EndBound } from '../../src/host/end-bound.ts';
import { MemorySink } from '../support/in-process-shell.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openBound() {
  const stderr = new MemorySink();
  const ended: number[] = [];
  return { stderr, ended, bound: new EndBound(stderr, (code) => ended.push(code)) };
}

test('the process ends 10 s after the request, with the first code, and reports what delayed it', async () => {
  const { stderr, ended, bound } = openBound();
  void bound.during('the log', new Promise(() => {}));
  void bound.during('its jobs', new Promise(() => {}));
  await bound.during('what has been done', Promise.resolve());
  bound.start(143);
  vi.advanceTimersByTime(5_000);
  bound.start(1);
  vi.advanceTimersByTime(4_999);
  expect([stderr.text, ended]).toEqual(['', []]);
  vi.advanceTimersByTime(1);
  expect(stderr.text).toBe('signalbox: did not end within 10 s because of the log, its jobs; ended anyway\n');
  vi.advanceTimersByTime(100);
  expect(ended).toEqual([143]);
  vi.advanceTimersByTime(60_000);
  expect(ended).toEqual([143]);
});

test('there is no limit before the request', () => {
  const { stderr, ended, bound } = openBound();
  void bound.during('a slow reader', new Promise(() => {}));
  vi.advanceTimersByTime(3_600_000);
  expect([stderr.text, ended, vi.getTimerCount()]).toEqual(['', [], 0]);
});

test('a failed task no longer delays the end', async () => {
  const { stderr, bound } = openBound();
  await expect(bound.during('the log', Promise.reject(new Error('full')))).rejects.toThrow('full');
  bound.start(0);
  vi.advanceTimersByTime(10_000);
  expect(stderr.text).toContain('because of its own work');
});
