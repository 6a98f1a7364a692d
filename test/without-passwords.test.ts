import { expect, test } from 'vitest';
import { withoutPasswords } from '../src/without-passwords.ts';

test.each([
  ["argument 'Postgres://u:secret@h/d' is invalid", "argument 'Postgres://u:…@h/d' is invalid"],
  ["argument 'postgres:/u:se/c#r e@t@h/d' is invalid", "argument 'postgres:/u:…@h/d' is invalid"],
  ["argument 'postgres:u:sec\nret@h/d' is invalid", "argument 'postgres:u:…@h/d' is invalid"],
  ["argument 'http://:secret@h' is invalid", "argument 'http://:…@h' is invalid"],
  ["not 'host=h password=secret dbname=d'", "not 'host=h password=… dbname=d'"],
  ["not 'postgres:h?PASSWORD=secret&x=1'", "not 'postgres:h?PASSWORD=…&x=1'"],
  ["argument '-1' is invalid", "argument '-1' is invalid"],
  ['c.yaml:2:10: it is postgres://HOST/DATABASE', 'c.yaml:2:10: it is postgres://HOST/DATABASE'],
])('%j is shown as %j', (message, shown) => {
  expect(withoutPasswords(message)).toBe(shown);
});
