import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/shell/parse/duration.ts';

describe('a typed duration', () => {
  test.each([
    ['250ms', 250],
    ['3s', 3_000],
    ['1.5s', 1_500],
    ['1.1s', 1_100],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0s', 0],
    ['0.4ms', 0],
    ['2147483647ms', 2_147_483_647],
    ['2147483.647s', 2_147_483_647],
    ['10', 10_000],
    ['1.5', 1_500],
    ['0', 0],
    ['1d', 86_400_000],
    ['0.5d', 43_200_000],
    ['36525d', 3_155_760_000_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    '-1',
    '-1s',
    '+1s',
    '1 s',
    's',
    '.5s',
    '1.s',
    '1e3s',
    '1S',
    '1D',
    '1w',
    '1h30m',
    'Infinitys',
    'NaNs',
    '3s ',
    '3 ',
  ])('%j is not a duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('over a hundred years is invalid', () => {
    expect(parseDuration('36526d')).toBeUndefined();
    expect(parseDuration(`${'9'.repeat(400)}ms`)).toBeUndefined();
  });

  test('any whole number of milliseconds survives formatting and parsing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_647 }), (ms) => {
        expect(parseDuration(`${ms}ms`)).toBe(ms);
        expect(parseDuration(`${ms / 1_000}s`)).toBe(ms);
      }),
    );
  });
});

describe('a duration for people', () => {
  test.each([
    [0, '0 ms'],
    [3, '3 ms'],
    [500.6, '501 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [2_000, '2.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1 m 00 s'],
    [65_000, '1 m 05 s'],
    [3_599_499, '59 m 59 s'],
    [3_599_500, '1 h 00 m'],
    [7_380_000, '2 h 03 m'],
    [360_000_000, '100 h 00 m'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
