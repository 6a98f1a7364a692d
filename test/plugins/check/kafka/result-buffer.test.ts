import { expect, test } from 'vitest';
import { ResultBuffer, type Tally } from '../../../../src/plugins/check/kafka/result-buffer.ts';

const most = { messages: 3, bytes: 1_000_000 };

function filled(count: number, limits: { messages: number; bytes: number }) {
  const buffer = new ResultBuffer(limits);
  const tally: Tally = { delivered: 0, waiting: 0, dropped: 0 };
  const add = (number: number) => buffer.add({ key: 'k', value: String(number), atMs: 0, tally });
  for (let number = 1; number <= count; number += 1) add(number);
  const valuesOf = () => buffer.batch(most).map(({ value }) => Number(value));
  return { buffer, tally, add, valuesOf };
}

test('when it is full the oldest results are dropped and counted, except those being sent', () => {
  const { buffer, tally, add, valuesOf } = filled(5, { messages: 5, bytes: 1_000_000 });
  expect(valuesOf()).toEqual([1, 2, 3]);
  add(6);
  add(7);
  expect(tally).toEqual({ delivered: 0, waiting: 5, dropped: 2 });
  expect(valuesOf()).toEqual([1, 2, 3]);
  buffer.takeOff('delivered');
  expect(valuesOf()).toEqual([6, 7]);
  buffer.takeOff('delivered');
  expect(tally).toEqual({ delivered: 5, waiting: 0, dropped: 2 });
  expect(buffer.size).toBe(0);
});

test('it is also full by bytes', () => {
  const { tally } = filled(100, { messages: 1_000, bytes: 1_020 });
  expect(tally).toEqual({ delivered: 0, waiting: 9, dropped: 91 });
});

test('a batch that is too large is sent in parts, in order, and so are later ones', () => {
  const { buffer, valuesOf } = filled(5, { messages: 10, bytes: 1_000_000 });
  expect(valuesOf()).toEqual([1, 2, 3]);
  buffer.split();
  const sent: number[][] = [];
  while (buffer.size > 0) {
    sent.push(valuesOf());
    buffer.takeOff('delivered');
  }
  expect(sent).toEqual([[1, 2], [3, 4], [5]]);
});

test('after a batch that was too large, batches grow again gradually', () => {
  const { buffer, valuesOf } = filled(36, { messages: 100, bytes: 1_000_000 });
  valuesOf();
  buffer.split();
  buffer.split();
  const sizes: number[] = [];
  while (buffer.size > 0) {
    sizes.push(valuesOf().length);
    buffer.takeOff('delivered');
  }
  expect(sizes).toEqual([...Array<number>(10).fill(1), ...Array<number>(10).fill(2), 3, 3]);
});

test('batches do not grow while single results are too large', () => {
  const { buffer, valuesOf } = filled(20, { messages: 100, bytes: 1_000_000 });
  for (let dropped = 0; dropped < 15; dropped += 1) {
    while (valuesOf().length > 1) buffer.split();
    buffer.takeOff('dropped');
  }
  expect(valuesOf()).toEqual([16]);
});
