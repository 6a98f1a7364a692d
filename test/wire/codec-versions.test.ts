import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { type FromClient, limits } from '../../schemas/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient } from '../../src/wire/message-readers.ts';
import { refusal } from '../support/refusal.ts';
import { messagesOfClient } from './message-arbitraries.ts';

const packr = new Packr({ useRecords: false });
const packed = (value: unknown): Buffer => packr.pack(value);

const accepted: FromClient = { type: 'accepted', id: 7 };
const progress: FromClient = { type: 'progress', id: 7, fraction: 0.5 };
const rejected: FromClient = { type: 'rejected', id: 7, error: { code: 'busy', message: '' } };
const data = Buffer.from('x');

describe('additions of another version are ignored', () => {
  const unknown = { type: 'unknown' };

  test.each<[string, unknown, object]>([
    ['a code', [99, 7, { a: [1] }], unknown],
    ['a code of many bytes', [2 ** 40], unknown],
    ['a message of the other direction', [33, 7], unknown],
    ['a map of another type', { type: 'salute', to: 7 }, unknown],
    ['a map of the other direction', { type: 'welcome' }, unknown],
    ['a map of a type that has a code', { type: 'accepted', id: 7 }, unknown],
    ['elements at the end', [4, 7, 'later', { note: 1 }], accepted],
    ['elements after the map of optional fields', [8, 7, 0.5, { note: 'x' }, 1], { ...progress, note: 'x' }],
    ['optional fields', [8, 7, 0.5, { note: 'x', hue: 1 }], { ...progress, note: 'x' }],
    ['optional fields with the name of a required one', [8, 7, 0.5, { id: 8, type: 'x' }], progress],
    ['fields of an error', [5, 7, { code: 'busy', message: '', hint: 1 }], rejected],
    ['an empty map of optional fields', [8, 7, 0.5, {}], progress],
  ])('%s', (_what, message, expected) => {
    expect(decodeFrame(packed([message, [4, 7]]), fromClient)).toStrictEqual([expected, accepted]);
  });

  test('fields of a hello', () => {
    fc.assert(
      fc.property(messagesOfClient.hello, (hello) => {
        const later = { ...hello, later: { a: 1 }, info: { ...hello.info, cores: 2 } };
        expect(decodeFrame(packed([later]), fromClient)).toStrictEqual([hello]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a whole frame is refused', () => {
  const good = [4, 7];
  test.each<[string, unknown]>([
    ['without a code', []],
    ['whose code is a text', ['accepted', 7]],
    ['whose code is negative', [-1, 7]],
    ['that is no array and no map', 7],
    ['that is a map without a type', { id: 7 }],
    ['that is a map whose type is no text', { type: 4, id: 7 }],
    ['that is a hello without its fields', { type: 'hello', protocol: { min: 2, max: 2 } }],
    ['that lacks a field', [4]],
    ['that lacks all its fields but the map', [8, { note: 'x' }]],
    ['with a list in place of the map of optional fields', [8, 7, 0.5, []]],
    ['with nil in place of the map of optional fields', [8, 7, 0.5, null]],
    ['with bytes in place of the map of optional fields', [9, 7, 0, 1, data]],
    ['with bytes in place of a map', [1, 7, 'ping', 0, data]],
    ['with an optional field of nil', [8, 7, 0.5, { note: null }]],
    ['with a word by its name', [3, 'ready']],
    ['with a word that is not known', [3, 9]],
    ['with a stream of 0', [6, 7, 0, 0, data]],
    ['with an id of 0', [4, 0]],
    ['with an id of 16 digits', [4, 1_000_000_000_000_000]],
    ['with an id of half a counter', [4, 7.5]],
    ['with an id without a counter', [4, 'k3v9q0ta2m7x']],
    ['with data of no bytes', [6, 7, 1, 0, Buffer.alloc(0)]],
    ['with data over the limit', [6, 7, 1, 0, Buffer.alloc(limits.maxOutputChunkBytes + 1)]],
    ['with data of text', [6, 7, 1, 0, 'x']],
    ['with an offset over 2^52', [6, 7, 1, 2 ** 52 + 2, data]],
    ['with a fraction over 1', [8, 7, 1.01]],
    ['with a negative duration', [9, 7, 0, -1]],
    ['with a text that is too long in bytes', [11, '€'.repeat(1_366)]],
    ['with a flag that is a number', [7, 7, 1]],
    ['with no records', [13, 7, 0, []]],
    ['with too many records', [13, 7, 0, Array(limits.recordsCredit + 1).fill(0)]],
  ])('for one message %s', (_what, bad) => {
    for (const batch of [[bad], [bad, good], [good, good, bad]]) {
      expect(() => decodeFrame(packed(batch), fromClient)).toThrow(refusal('bad_message'));
    }
  });

  test('if it is a message instead of an array of messages', () => {
    expect(() => decodeFrame(packed(good), fromClient)).toThrow(refusal('bad_message'));
  });

  const encoded = (message: FromClient) => encodeMessage(message);

  test('with more messages than the limit', () => {
    const batch = Array.from({ length: limits.maxBatchMessages + 1 }, () => encoded(accepted));
    expect(() => decodeFrame(encodeFrame(batch), fromClient)).toThrow(refusal('bad_message'));
  });

  test('with more bytes than the limit', () => {
    const result = Buffer.alloc(limits.maxMessageBytes / 2);
    const half = encoded({ type: 'result', id: 7, outcome: 'completed', durationMs: 1, result });
    expect(() => decodeFrame(encodeFrame([half, half]), fromClient)).toThrow(refusal('bad_message'));
  });

  test('with a map of the handshake that exceeds its limit', () => {
    const salute = (length: number) => packed([{ type: 'salute', note: 'x'.repeat(length) }]);
    const most = 2 * limits.maxHandshakeBytes - (salute(limits.maxHandshakeBytes).length - 1);
    expect(decodeFrame(salute(most), fromClient)).toHaveLength(1);
    expect(() => decodeFrame(salute(most + 1), fromClient)).toThrow(refusal('bad_message'));
  });
});
