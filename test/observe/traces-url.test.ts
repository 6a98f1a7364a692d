import { expect, test } from 'vitest';
import { parseTracesUrl } from '../../src/observe/traces/url.ts';

test.each([
  ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
  ['http://127.0.0.1:4318/', 'http://127.0.0.1:4318/v1/traces'],
  ['http://[::1]:4318/v1/traces', 'http://[::1]:4318/v1/traces'],
  ['http://collector/v1/traces/', 'http://collector/v1/traces'],
  ['https://gateway.example/otlp', 'https://gateway.example/otlp/v1/traces'],
  ['https://gateway.example/otlp/v1/traces?tenant=a', 'https://gateway.example/otlp/v1/traces?tenant=a'],
])('%s is posted to %s', (text, url) => {
  expect(parseTracesUrl(text)).toBe(url);
});

test.each([
  '',
  ':4318',
  'localhost:4318',
  '127.0.0.1:4318',
  'ftp://127.0.0.1/',
  'file:///tmp/spans',
  'http://',
  'http://user@127.0.0.1',
  'http://user:password@127.0.0.1',
])('%j is not a valid URL', (text) => {
  expect(parseTracesUrl(text)).toBeUndefined();
});
