import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { scan } from '../../src/wire/scan.ts';
import { refusal } from '../support/refusal.ts';

/** Bytes from hexadecimal; may include a `Buffer` or a string of zeros. */
const bytes = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part.replaceAll(' ', ''), 'hex') : part)));
const zeros = (count: number): Buffer => Buffer.alloc(count);
const uint32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};
/** `levels` nested arrays of one value each, with nil in the innermost. */
const nested = (levels: number): Buffer => bytes(Buffer.alloc(levels, 0x91), 'c0');

/** The keys 000 to 099, each with nil. */
const hundredKeys = Array.from({ length: 100 }, (_, index) =>
  bytes('a3', Buffer.from(String(index).padStart(3, '0')), 'c0'),
);

const accepted: [what: string, bytes: Buffer, values: number][] = [
  ['nil', bytes('c0'), 1],
  ['false', bytes('c2'), 1],
  ['true', bytes('c3'), 1],
  ['the smallest positive fixint', bytes('00'), 1],
  ['the largest positive fixint', bytes('7f'), 1],
  ['the smallest negative fixint', bytes('e0'), 1],
  ['the largest negative fixint', bytes('ff'), 1],
  ['uint8', bytes('cc ff'), 1],
  ['uint16', bytes('cd ffff'), 1],
  ['uint32', bytes('ce ffffffff'), 1],
  ['uint64 of 2^53 - 1', bytes('cf 001fffffffffffff'), 1],
  ['int8', bytes('d0 80'), 1],
  ['int16', bytes('d1 8000'), 1],
  ['int32', bytes('d2 80000000'), 1],
  ['int64 of 2^53 - 1', bytes('d3 001fffffffffffff'), 1],
  ['int64 of -(2^53 - 1)', bytes('d3 ffe0000000000001'), 1],
  ['float32', bytes('ca 3f800000'), 1],
  ['float64', bytes('cb 3ff0000000000000'), 1],
  ['an empty fixstr', bytes('a0'), 1],
  ['a fixstr of 31 bytes', bytes('bf', zeros(31)), 1],
  ['str8', bytes('d9 ff', zeros(255)), 1],
  ['str16', bytes('da 0100', zeros(256)), 1],
  ['str32', bytes('db 00010000', zeros(65_536)), 1],
  ['bin8', bytes('c4 ff', zeros(255)), 1],
  ['bin16', bytes('c5 0100', zeros(256)), 1],
  ['bin32', bytes('c6 00010000', zeros(65_536)), 1],
  ['an empty fixarray', bytes('90'), 1],
  ['a fixarray of 15', bytes('9f', zeros(15)), 16],
  ['array16', bytes('dc 0100', zeros(256)), 257],
  ['array32', bytes('dd 00000100', zeros(256)), 257],
  ['an empty fixmap', bytes('80'), 1],
  ['a fixmap, whose keys are not counted', bytes('82 a161 01 a162 02'), 3],
  ['map16', bytes('de 0001 a161 01'), 2],
  ['map32', bytes('df 00000001 a161 01'), 2],
  ['an empty key', bytes('81 a0 01'), 2],
  ['a key of 31 bytes', bytes('81 bf', zeros(31), '01'), 2],
  ['a key of 255 bytes', bytes('81 d9 ff', zeros(255), '01'), 2],
  ['a hundred keys', bytes('de 0064', ...hundredKeys), 101],
  ['text of each length in UTF-8', bytes('ae', Buffer.from('aé€\u{1f600}\0\ufeff')), 1],
  ['a long text', bytes('d9 78', Buffer.from('€'.repeat(40))), 1],
  ['a key that is not ASCII', bytes('81 a2', Buffer.from('é'), '01'), 2],
  ['the largest floats', bytes('92 ca ff7fffff cb 7fefffffffffffff'), 3],
  ['the same key in two maps', bytes('92 81 a161 01 81 a161 02'), 5],
  ['the same key in a map and in one inside it', bytes('82 a161 82 a162 00 a161 01 a162 02'), 5],
  ['keys that differ in their last byte', bytes('82 a26161 01 a26162 02'), 3],
  ['arrays and maps in each other', bytes('92 81 a161 91 c0 81 a162 80'), 6],
  ['as many levels as the limit', nested(limits.maxDepth), limits.maxDepth + 1],
  [
    'as many values as the limit',
    bytes('dd', uint32(limits.maxItems - 1), zeros(limits.maxItems - 1)),
    limits.maxItems,
  ],
];

const refused: [what: string, bytes: Buffer][] = [
  ['empty input', bytes()],
  ['the head that is never used', bytes('c1')],
  ['fixext1', bytes('d4 00 00')],
  ['fixext2', bytes('d5 00 0000')],
  ['fixext4', bytes('d6 ff 00000000')],
  ['fixext8', bytes('d7 ff', zeros(8))],
  ['fixext16', bytes('d8 00', zeros(16))],
  ['ext8', bytes('c7 01 00 00')],
  ['ext16', bytes('c8 0001 00 00')],
  ['ext32', bytes('c9 00000001 00 00')],
  ['an extension inside a map inside an array', bytes('91 81 a161 d4 00 00')],
  ['a key that is a number', bytes('81 01 01')],
  ['a key that is nil', bytes('81 c0 01')],
  ['a key that is binary', bytes('81 c4 01 61 01')],
  ['a key that is an array', bytes('81 90 01')],
  ['a key that is an extension', bytes('81 d4 00 00 01')],
  ['a key in a str16', bytes('81 da 0001 61 01')],
  ['a key in a str32', bytes('81 db 00000001 61 01')],
  ['a key of 257 bytes', bytes('81 da 0101', zeros(257), '01')],
  ['one level more than the limit, of arrays', nested(limits.maxDepth + 1)],
  ['one level more than the limit, of maps', bytes(...Array<string>(limits.maxDepth + 1).fill('81 a161'), 'c0')],
  ['thousands of levels', nested(100_000)],
  ['one value more than the limit', bytes('dd', uint32(limits.maxItems), zeros(limits.maxItems))],
  ['uint64 of 2^53', bytes('cf 0020000000000000')],
  ['the largest uint64', bytes('cf ffffffffffffffff')],
  ['int64 of 2^53', bytes('d3 0020000000000000')],
  ['int64 of -(2^53)', bytes('d3 ffe0000000000000')],
  ['the smallest int64', bytes('d3 8000000000000000')],
  ['a byte after the value', bytes('c0 00')],
  ['a second value', bytes('91 01 91 02')],
  ['a fixarray with a value too few', bytes('93 01 02')],
  ['a fixmap without its last value', bytes('82 a161 01 a162')],
  ['a key that comes twice', bytes('82 a161 01 a161 02')],
  ['a key that comes twice, in two forms', bytes('83 a161 01 a162 02 d901 61 03')],
  ['a key that comes twice, around another map that has it', bytes('82 a161 81 a161 01 a161 02')],
  ['a key that comes twice among many', bytes('de 0065', ...hundredKeys, 'a3303037 00')],
  ['the key __proto__', bytes('81 a9', Buffer.from('__proto__'), '80')],
  ['the key __proto__ in a str8', bytes('81 d909', Buffer.from('__proto__'), '80')],
  ['a text with a byte that is not valid UTF-8', bytes('a1 ff')],
  ['a text with a lone surrogate', bytes('a3 eda080')],
  ['a text with a character in too many bytes', bytes('a2 c080')],
  ['a text over the last character', bytes('a4 f4908080')],
  ['a text that ends within a character', bytes('a2 e282')],
  ['a long text with a byte that is not valid UTF-8', bytes('d9 40', Buffer.alloc(63, 'x'), 'ff')],
  ['a key that is not UTF-8', bytes('81 a1 ff 01')],
  ['a long key that is not UTF-8', bytes('81 d9 40', Buffer.alloc(63, 'x'), 'ff 01')],
  ['a text inside others that is not UTF-8', bytes('91 81 a161 91 a1 80')],
  ['NaN', bytes('cb 7ff8000000000000')],
  ['another NaN', bytes('cb fff0000000000001')],
  ['infinity', bytes('cb 7ff0000000000000')],
  ['the negative infinity', bytes('cb fff0000000000000')],
  ['NaN of four bytes', bytes('ca 7fc00000')],
  ['infinity of four bytes', bytes('ca 7f800000')],
  ['the negative infinity of four bytes', bytes('ca ff800000')],
  ['NaN inside others', bytes('91 81 a161 cb 7ff8000000000000')],
  ['a key that exceeds the end', bytes('81 a5 61 62')],
];

describe('scan accepts and counts the values of', () => {
  test.each(accepted)('%s', (_what, input, values) => {
    expect(scan(input)).toBe(values);
  });
});

describe('scan refuses', () => {
  test.each(refused)('%s', (_what, input) => {
    expect(() => scan(input)).toThrow(refusal('bad_message'));
  });

  test('every accepted form without its last byte', () => {
    for (const [, input] of accepted) expect(() => scan(input.subarray(0, -1))).toThrow(refusal('bad_message'));
  });

  test('more levels than remain for a nested value', () => {
    expect(scan(nested(limits.maxDepth - 1), 1)).toBe(limits.maxDepth);
    expect(() => scan(nested(limits.maxDepth), 1)).toThrow(refusal('bad_message'));
  });
});

describe('an impossible length', () => {
  const rest = zeros(1_000_000);
  test.each([
    ['array16', bytes('dc ffff')],
    ['array32', bytes('dd ffffffff', rest)],
    ['map16', bytes('de ffff')],
    ['map32', bytes('df ffffffff', rest)],
    ['a map whose length would fit an array', bytes('df', uint32(600_000), rest)],
    ['str8', bytes('d9 ff')],
    ['str16', bytes('da ffff')],
    ['str32', bytes('db ffffffff', rest)],
    ['bin8', bytes('c4 ff')],
    ['bin16', bytes('c5 ffff')],
    ['bin32', bytes('c6 ffffffff', rest)],
    ['an array32 inside each of many arrays', bytes(...Array<string>(15).fill('91'), 'dd ffffffff')],
  ])('of %s is refused without walking it', (_what, input) => {
    const startedMs = performance.now();
    expect(() => scan(input)).toThrow(refusal('bad_message'));
    // A loop of four billion iterations takes seconds.
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
