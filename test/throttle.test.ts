import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LeftOut, Throttle } from '../src/throttle.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Reports 2 per source in 10 s, for at most 3 sources at once; facts are rising numbers. */
function open() {
  const leftOut: LeftOut<number>[] = [];
  const throttle = new Throttle<number>({
    burst: 2,
    windowMs: 10_000,
    maxSources: 3,
    onLeftOut: (one) => leftOut.push(one),
  });
  let fact = 0;
  /** How many facts of this number from each of these sources are reported. */
  const tell = (count: number, ...sources: string[]): number => {
    let told = 0;
    for (let left = count; left > 0; left -= 1) {
      for (const source of sources) {
        fact += 1;
        if (throttle.admits(source, fact)) told += 1;
      }
    }
    return told;
  };
  return { throttle, tell, leftOut };
}

test('the first facts of a source are reported at once, and the number and the newest of the others when the window ends', () => {
  const { tell, leftOut } = open();
  expect(tell(100, 'a')).toBe(2);
  vi.advanceTimersByTime(9_999);
  expect(leftOut).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(leftOut).toEqual([{ newest: 100, count: 98, isMixed: false }]);
  vi.advanceTimersByTime(10_000);
  expect(leftOut).toHaveLength(1);
  expect(tell(2, 'a')).toBe(2);
  vi.advanceTimersByTime(10_000);
});

test('a continuing source is reported this often in each window, including the number of omitted facts', () => {
  const { tell, leftOut } = open();
  expect(tell(10, 'a')).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(tell(10, 'a')).toBe(1);
  vi.advanceTimersByTime(10_000);
  vi.advanceTimersByTime(10_000);
  expect(leftOut.map(({ count }) => count)).toEqual([8, 9]);
});

test('sources are counted separately, up to the limit; all others are one source, whatever their names', () => {
  const { tell, leftOut } = open();
  expect(tell(3, 'a', 'b', 'c')).toBe(6);
  const names = Array.from({ length: 1_000 }, (_, index) => `name-${index}`);
  expect(tell(1, ...names)).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(leftOut.map(({ count, isMixed }) => [count, isMixed])).toEqual([
    [1, false],
    [1, false],
    [1, false],
    [998, true],
  ]);
  vi.advanceTimersByTime(10_000);
});

test('at its end a throttle reports omitted facts, once', () => {
  const { throttle, tell, leftOut } = open();
  tell(3, 'a');
  throttle[Symbol.dispose]();
  throttle[Symbol.dispose]();
  expect(leftOut).toEqual([{ newest: 3, count: 1, isMixed: false }]);
});

test('nothing is lost or reported twice, in any order of events', () => {
  const { throttle, tell, leftOut } = open();
  let told = 0;
  for (let round = 0; round < 500; round += 1) {
    told += tell(round % 7, `source-${round % 5}`);
    vi.advanceTimersByTime((round * 37) % 4_000);
  }
  throttle[Symbol.dispose]();
  const count = leftOut.reduce((sum, one) => sum + one.count, 0);
  expect(told + count).toBe(Array.from({ length: 500 }, (_, round) => round % 7).reduce((sum, one) => sum + one));
});
