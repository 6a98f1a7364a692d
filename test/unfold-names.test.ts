import { expect, test } from 'vitest';
import { foldNames } from '../src/fold-names.ts';
import { unfoldNames } from '../src/unfold-names.ts';
import { verdict } from './support/refusal.ts';

test.each([
  [['db'], ['db']],
  [
    ['db', 'w1', 'db'],
    ['db', 'w1'],
  ],
  [['m[1-3]'], ['m1', 'm2', 'm3']],
  [['m[08-11]'], ['m08', 'm09', 'm10', 'm11']],
  [['m[3,7,12]'], ['m3', 'm7', 'm12']],
  [
    ['m[1-2,9]', 'm2'],
    ['m1', 'm2', 'm9'],
  ],
  [['web-[1-2]-eu'], ['web-1-eu', 'web-2-eu']],
  [['m[5-5]'], ['m5']],
  [['r[1-2]-m[1,3]'], ['r1-m1', 'r1-m3', 'r2-m1', 'r2-m3']],
])('%j are %j', (folded, names) => {
  expect(unfoldNames(folded)).toEqual(names);
});

test('names that are folded in output can be typed again', () => {
  const names = ['db', 'm1', 'm2', 'm3', 'm7', 'w08', 'w09', 'w10'];
  expect(unfoldNames(foldNames(names).split(', '))).toEqual(names);
});

test.each(['m[]', 'm[1-]', 'm[3-1]', 'm[a-b]', 'm[1..3]', 'm[1-10001]', 'm[1 - 3]', 'm[ab]', 'm[13]', 'm[1-2', 'm1]'])(
  '%s is bad usage',
  (text) => {
    expect(verdict(() => unfoldNames([text]))).toBe('bad_usage');
  },
);
