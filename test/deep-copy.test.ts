import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepCopy, frozenCopy } from '../src/deep-copy.ts';

const values = fc.anything({ withNullPrototype: false, withDate: true });

test('a copy is equal to its original, whatever that contains', () => {
  fc.assert(fc.property(values, (value) => void expect(deepCopy(value)).toStrictEqual(value)));
  fc.assert(fc.property(values, (value) => void expect(frozenCopy(value)).toStrictEqual(value)));
});

test('changes inside a copy do not affect the original; a frozen copy cannot be changed', () => {
  const value = { list: [{ word: 'a' }], bytes: Buffer.from('b') };
  const copy = deepCopy(value);
  copy.list[0] = { word: 'changed' };
  copy.bytes.fill(0);
  expect(value).toEqual({ list: [{ word: 'a' }], bytes: Buffer.from('b') });
  const frozen = frozenCopy(value);
  expect(() => frozen.list.push({ word: 'c' })).toThrow(TypeError);
  expect(() => Object.assign(frozen.list[0] ?? {}, { word: 'changed' })).toThrow(TypeError);
});
