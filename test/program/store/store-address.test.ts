import { expect, test } from 'vitest';
import { hasPassword, parseStoreAddress } from '../../../src/program/store/store-address.ts';

test.each([
  ['memory', { kind: 'memory' }],
  ['sqlite', { kind: 'sqlite', path: undefined }],
  ['sqlite:/var/lib/x.db', { kind: 'sqlite', path: '/var/lib/x.db' }],
  ['sqlite:x.db', { kind: 'sqlite', path: 'x.db' }],
  ['postgres://h/d', { kind: 'plugin', scheme: 'postgres' }],
  ['sqlite:', undefined],
  ['memory:x', undefined],
  ['/var/lib/x.db', undefined],
  ['postgres:h', undefined],
  ['', undefined],
])('%j names %j', (text, address) => {
  expect(parseStoreAddress(text)).toEqual(address);
});

test.each([
  ['postgres://u:p@h/d', true],
  ['postgres://u@h/d?password=p', true],
  ['postgres://u:p@h one,h two/d', true],
  ['postgres://u:p/1@h/d', true],
  ['postgres://u:1/p@h/d', true],
  ['postgres://u:1#p@h/d', true],
  ['postgres://u:1?p@h/d', true],
  ['postgres://u:p?x=1@h/d', true],
  ['postgres://u:p@1@h/d', true],
  ['postgres://:p@h/d', true],
  ['postgres://u@h:5432/d?user=u@x', false],
  ['postgres://h:5432/d?user=u@x', false],
  ['postgres://[::1]:5432/d', false],
  ['postgres://u@h/d', false],
  ['postgres://h:5432/d', false],
  ['sqlite:/a:b@c', false],
  ['memory', false],
])('%j has a password: %j', (text, has) => {
  expect(hasPassword(text)).toBe(has);
});
