import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { checkSendable } from '../../src/server/check-sendable.ts';
import { refusal } from '../support/refusal.ts';

const large = limits.maxArgsBytes + 1;

test.each<[string, Record<string, unknown>]>([
  ['one text', { text: 'x'.repeat(large) }],
  ['a list', { words: Array(300).fill('x'.repeat(1_000)) }],
  ['a long text in an object', { deep: { deeper: 'x'.repeat(large) } }],
  ['many small fields', Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`k${at}`, 'x'.repeat(1_000)]))],
  ['one beside small ones', { small: 1, large: 'x'.repeat(large), last: true }],
])('arguments that are too large by %s are refused before they are sent', (_by, args) => {
  expect(() => checkSendable(args, {})).toThrow(refusal('message_too_large'));
});

test.each<[string, Record<string, unknown>]>([
  ['none', {}],
  ['small ones', { text: 'x'.repeat(1_000), number: 0.5, yes: true }],
  ['some that are long and fit', { text: 'x'.repeat(5_000), words: ['a', 'b'], nothing: undefined }],
  ['many that fit', Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, at]))],
])('arguments travel where they are %s', (_which, args) => {
  expect(checkSendable(args, {})).toBeUndefined();
});

test.each<[string, Record<string, unknown>]>([
  ['a key that is too long', { ['k'.repeat(large)]: 1 }],
  ['the key __proto__', JSON.parse('{"__proto__":1}')],
  ['a key that is no text of Unicode', { '\ud800': 1 }],
  ['half a character', { text: '\u{1f600}'.slice(0, 1) }],
  ['NaN', { number: Number.NaN }],
  ['an infinity', { number: Number.POSITIVE_INFINITY }],
  ['a date', { at: new Date(0) }],
])('arguments with what the protocol does not carry are refused before they are sent: %s', (_what, args) => {
  expect(() => checkSendable(args, {})).toThrow(refusal('bad_message'));
});

test.each<[string, object]>([
  ['expiresInMs below 0', { expiresInMs: -1 }],
  ['expiresInMs that is no number', { expiresInMs: Number.NaN }],
  ['expiresInMs without end', { expiresInMs: Number.POSITIVE_INFINITY }],
  ['expiresInMs that is a text', { expiresInMs: '5' }],
  ['timeoutMs of 0', { timeoutMs: 0 }],
  ['timeoutMs that is not whole', { timeoutMs: 1.5 }],
  ['timeoutMs over the maximum of a timer', { timeoutMs: 2 ** 31 }],
  ['a key without a character', { key: '' }],
  ['a key that is too long', { key: 'é'.repeat(128) }],
  ['a key that is no text of Unicode', { key: '\ud800' }],
  ['a key that is no text', { key: 7 }],
  ['an invalid traceparent', { traceparent: '00-1-2-3' }],
])('%s is refused', (_what, options) => {
  expect(() => checkSendable({}, options)).toThrow(refusal('bad_arguments'));
});

test('the minimum and the maximum of each option are accepted', () => {
  for (const options of [
    { expiresInMs: 0 },
    { timeoutMs: 1 },
    { timeoutMs: 2 ** 31 - 1 },
    { key: 'k' },
    { key: 'k'.repeat(255) },
  ]) {
    expect(checkSendable({}, options)).toBeUndefined();
  }
});
