import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HeartbeatAnswers } from '../../src/client/heartbeat-answers.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Answers that are sent at once, with their times. */
function open() {
  const startMs = performance.now();
  const said: [seq: number, atMs: number][] = [];
  const line: { saidAtMs: number | undefined } = { saidAtMs: startMs };
  const answers = new HeartbeatAnswers(
    (seq) => {
      line.saidAtMs = performance.now();
      said.push([seq, Math.round(line.saidAtMs - startMs)]);
    },
    () => line.saidAtMs,
  );
  return { said, line, answers, [Symbol.dispose]: () => answers[Symbol.dispose]() };
}

describe('the newest heartbeat', () => {
  test('is answered at once, and once more halfway to the next', () => {
    using here = open();
    for (const seq of [1, 2, 3]) {
      here.answers.answer(seq);
      vi.advanceTimersByTime(2_000);
    }
    expect(here.said).toStrictEqual([
      [1, 0],
      [1, 1_000],
      [2, 2_000],
      [2, 3_000],
      [3, 4_000],
      [3, 5_000],
    ]);
  });

  test('is answered repeatedly if no other arrives, because the server may be busy', () => {
    using here = open();
    here.answers.answer(7);
    vi.advanceTimersByTime(10_000);
    const gaps = here.said.slice(1).map(([, atMs], at) => atMs - (here.said[at]?.[1] ?? 0));
    expect(here.said.map(([seq]) => seq)).toStrictEqual(gaps.map(() => 7).concat(7));
    expect(Math.max(...gaps)).toBeLessThan(1_500);
    expect(gaps.length).toBeGreaterThanOrEqual(7);
  });

  test('is not answered again while other messages are sent', () => {
    using here = open();
    here.answers.answer(1);
    for (let tenths = 0; tenths < 50; tenths += 1) {
      vi.advanceTimersByTime(100);
      here.line.saidAtMs = performance.now();
    }
    expect(here.said).toStrictEqual([[1, 0]]);
    vi.advanceTimersByTime(1_300);
    expect(here.said).toHaveLength(2);
  });

  test('is not answered again behind messages that the line does not accept', () => {
    using here = open();
    here.answers.answer(1);
    here.line.saidAtMs = undefined;
    vi.advanceTimersByTime(10_000);
    expect(here.said).toStrictEqual([[1, 0]]);
  });
});

test('nothing is sent before the first heartbeat, and after the end', () => {
  const here = open();
  vi.advanceTimersByTime(5_000);
  expect(here.said).toStrictEqual([]);
  here.answers.answer(1);
  here.answers[Symbol.dispose]();
  here.answers[Symbol.dispose]();
  vi.advanceTimersByTime(5_000);
  expect(here.said).toStrictEqual([[1, 5_000]]);
});
