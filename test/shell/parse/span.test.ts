import { expect, test } from 'vitest';
import { formatDuration } from '../../../src/shell/parse/duration.ts';
import { span } from '../../../src/shell/parse/span.ts';

test.each([
  [[], ''],
  [[2], '2 ms'],
  [[2, 2.1], '2 ms'],
  [[2, 0, 1], '0 to 2 ms'],
  [[900, 1_100], '900 ms to 1.1 s'],
  [[3_000, 65_000], '3.0 s to 1 m 05 s'],
  [[65_000, 70_000], '1 m 05 s to 1 m 10 s'],
])('%j ms are %s', (values, text) => {
  expect(span(values, formatDuration)).toBe(text);
});
