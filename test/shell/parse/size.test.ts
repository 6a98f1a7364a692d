import { expect, test } from 'vitest';
import { parseSize } from '../../../src/shell/parse/size.ts';

test.each([
  ['65536', 65_536],
  ['0', 0],
  ['100B', 100],
  ['64k', 65_536],
  ['64K', 65_536],
  ['64kB', 65_536],
  ['64KiB', 65_536],
  ['512M', 536_870_912],
  ['512MB', 536_870_912],
  ['1G', 1_073_741_824],
  ['1.5GiB', 1_610_612_736],
  ['2T', 2_199_023_255_552],
])('%s is %i bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', '-1', 'M', '1e3', '1.M', '512 M', '1P', '1iB', '1Mi', '99999999T', 'NaN'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});
