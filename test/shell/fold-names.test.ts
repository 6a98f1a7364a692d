import { expect, test } from 'vitest';
import { foldNames } from '../../src/shell/fold-names.ts';

test.each([
  [[], ''],
  [['w1'], 'w1'],
  [['db'], 'db'],
  [['w1', 'w2', 'w3'], 'w[1-3]'],
  [['w3', 'w1', 'w2', 'w7', 'w10', 'w9'], 'w[1-3,7,9-10]'],
  [['web-2', 'db', 'web-1', 'api-4'], 'api-4, db, web-[1-2]'],
  [['w01', 'w02', 'w1'], 'w01, w02, w1'],
  [['w10', 'w100', 'w101'], 'w[10,100-101]'],
  [['7', '8'], '[7-8]'],
])('%j are %j', (names, folded) => {
  expect(foldNames(names)).toBe(folded);
});
