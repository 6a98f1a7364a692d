import { expect, test } from 'vitest';
import { foldNames } from '../src/fold-names.ts';

test.each([
  [[], ''],
  [['w1'], 'w1'],
  [['db'], 'db'],
  [['w1', 'w2', 'w3'], 'w[1-3]'],
  [['w3', 'w1', 'w2', 'w7', 'w10', 'w9'], 'w[1-3,7,9-10]'],
  [['web-2', 'db', 'web-1', 'api-4'], 'api-4, db, web-[1-2]'],
  [['w01', 'w02', 'w1'], 'w[01-02], w1'],
  [['m08', 'm09', 'm10', 'm12', 'm100'], 'm[08-10,12], m100'],
  [['m1', 'm10', 'm2', 'x', 'm01'], 'm[1-2], m[01,10], x'],
  [['a10', 'b', 'a2x', 'a10x'], 'a2x, a10, a10x, b'],
  [['w10', 'w100', 'w101'], 'w[10,100-101]'],
  [['7', '8'], '[7-8]'],
])('%j are %j', (names, folded) => {
  expect(foldNames(names)).toBe(folded);
});

test('of many parts the first are shown, and the names in the others are counted', () => {
  expect(foldNames(['b1', 'b2', 'a', 'c7', 'c8', 'c9', 'd'], 2)).toBe('a, b[1-2] and 4 more');
});
