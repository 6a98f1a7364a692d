import { expect, test } from 'vitest';
import { naturally } from '../src/natural-order.ts';

test.each([
  [
    ['m10', 'm2', 'm1'],
    ['m1', 'm2', 'm10'],
  ],
  [
    ['web-10.eu', 'web-9.us', 'web-9.eu'],
    ['web-9.eu', 'web-9.us', 'web-10.eu'],
  ],
  [
    ['m02', 'm2', 'm1'],
    ['m1', 'm02', 'm2'],
  ],
  [
    ['b', 'A', 'a'],
    ['a', 'A', 'b'],
  ],
])('%j are sorted as people do: %j', (names, sorted) => {
  expect(names.toSorted(naturally)).toEqual(sorted);
});
