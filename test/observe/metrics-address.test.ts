import { expect, test } from 'vitest';
import { parseMetricsAddress } from '../../src/observe/metrics/address.ts';

test.each([
  [':9464', '127.0.0.1', 9464],
  ['0.0.0.0:9464', '0.0.0.0', 9464],
  ['localhost:1', 'localhost', 1],
  ['[::1]:65535', '::1', 65_535],
  [':0', '127.0.0.1', 0],
])('%s is an address', (text, host, port) => {
  expect(parseMetricsAddress(text)).toEqual({ host, port });
});

test.each([
  '',
  ':',
  '9464',
  ':65536',
  ':x',
  '::1:9464',
  '[::1]',
  'http://127.0.0.1:9464',
  'a b:1',
  '127.0.0.1:9464/metrics',
])('%j is not an address', (text) => {
  expect(parseMetricsAddress(text)).toBeUndefined();
});
