import { expect, test } from 'vitest';
import { Ending } from '../../src/host/ending.ts';

test('SIGINT ends with 130, and the first cause counts', () => {
  const ending = new Ending();
  ending.interrupted();
  ending.end(143);
  expect(ending.signal.reason).toBe(130);
});

test('the first SIGINT is left to its handler; a second one ends the process', () => {
  const ending = new Ending();
  using interrupt = ending.takeInterrupt();
  ending.interrupted();
  expect([interrupt.signal.aborted, ending.signal.aborted]).toEqual([true, false]);
  ending.interrupted();
  expect(ending.signal.reason).toBe(130);
});

test('a handler that has dealt with an interrupt ends with 130', () => {
  const ending = new Ending();
  const interrupt = ending.takeInterrupt();
  ending.interrupted();
  interrupt[Symbol.dispose]();
  expect(ending.signal.reason).toBe(130);
});

test('a handler without an interrupt ends nothing, and a later SIGINT ends as usual', () => {
  const ending = new Ending();
  ending.takeInterrupt()[Symbol.dispose]();
  expect(ending.signal.aborted).toBe(false);
  ending.interrupted();
  expect(ending.signal.reason).toBe(130);
});

test('SIGTERM is not left to a handler', () => {
  const ending = new Ending();
  using interrupt = ending.takeInterrupt();
  ending.end(143);
  expect([interrupt.signal.aborted, ending.signal.reason]).toEqual([false, 143]);
});
