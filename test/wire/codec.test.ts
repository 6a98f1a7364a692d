import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FromClient, fromClientSchema, fromServerSchema, limits } from '../../schemas/index.ts';
import { decodeFrame, encodeFrame, encodeMessage } from '../../src/wire/codec.ts';
import { refusal } from '../support/refusal.ts';
import { anyFromClient, anyFromServer, fromClient, fromServer } from './message-arbitraries.ts';

const frameOf = (...messages: object[]): Buffer => encodeFrame(messages.map(encodeMessage));
const id = 'k3v9q0ta2m7x.7';
const accepted = (counter: number): FromClient => ({ type: 'accepted', id: `k3v9q0ta2m7x.${counter}` });
const output = (data: Uint8Array): FromClient => ({ type: 'output', id, stream: 'stdout', offset: 0, data });

describe('what was encoded is what is decoded', () => {
  test.each(Object.entries<fc.Arbitrary<object>>(fromClient))('for %s of a client', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeFrame(frameOf(message), fromClientSchema)).toStrictEqual([message]);
      }),
    );
  });

  test.each(Object.entries<fc.Arbitrary<object>>(fromServer))('for %s of a server', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeFrame(frameOf(message), fromServerSchema)).toStrictEqual([message]);
      }),
    );
  });

  test('several messages of one frame keep their order', () => {
    fc.assert(
      fc.property(fc.array(anyFromClient, { maxLength: 40 }), (messages) => {
        expect(decodeFrame(frameOf(...messages), fromClientSchema)).toStrictEqual(messages);
      }),
    );
    fc.assert(
      fc.property(fc.array(anyFromServer, { maxLength: 40 }), (messages) => {
        expect(decodeFrame(frameOf(...messages), fromServerSchema)).toStrictEqual(messages);
      }),
    );
  });

  test.each([0, 1, 15, 16, 17, 255, 256, limits.maxBatchMessages])('a frame of %i messages', (count) => {
    const messages = Array.from({ length: count }, (_, index) => accepted(index + 1));
    expect(decodeFrame(frameOf(...messages), fromClientSchema)).toStrictEqual(messages);
  });

  test('a frame is a copy: what was encoded may be used again', () => {
    const encoded = encodeMessage(output(Buffer.alloc(500, 1)));
    const frame = encodeFrame([encoded]);
    encoded.bytes.fill(0xc1);
    expect(decodeFrame(frame, fromClientSchema)).toStrictEqual([output(Buffer.alloc(500, 1))]);
  });

  test('the count of a message is what it adds to the values of a frame', () => {
    const messages = [encodeMessage(accepted(1)), encodeMessage({ type: 'ack', ids: ['a', 'b'] })];
    expect(messages.map(({ items }) => items)).toStrictEqual([3, 5]);
  });
});

describe('a field that is undefined', () => {
  test('does not travel', () => {
    const message = { type: 'progress', id, fraction: 0.5, note: undefined };
    expect(decodeFrame(frameOf(message), fromClientSchema)).toStrictEqual([{ type: 'progress', id, fraction: 0.5 }]);
  });

  test('does not travel in args and results either', () => {
    const message = { type: 'result', id, outcome: 'completed', result: { a: undefined, b: [{ c: undefined }] } };
    expect(decodeFrame(frameOf({ ...message, durationMs: 1 }), fromClientSchema)).toStrictEqual([
      { ...message, result: { b: [{}] }, durationMs: 1 },
    ]);
  });

  test('is refused inside an array, where its place would be lost', () => {
    expect(() => encodeMessage({ list: [1, undefined] })).toThrow(refusal('bad_message'));
  });
});

describe('a frame is refused whole', () => {
  const good = encodeMessage(accepted(1));
  test.each<[string, object]>([
    ['of the other direction', { type: 'cancel', id }],
    ['of no known type', { type: 'reboot' }],
    ['without a type', { id }],
    ['with a field too many', { type: 'accepted', id, force: true }],
    ['without a field it needs', { type: 'accepted' }],
    ['that is an array', [accepted(1)]],
  ])('for one message %s', (_what, message) => {
    const bad = encodeMessage(message);
    for (const batch of [[bad], [bad, good], [good, good, bad]]) {
      expect(() => decodeFrame(encodeFrame(batch), fromClientSchema)).toThrow(refusal('bad_message'));
    }
  });

  test('where it is a message and not an array of messages', () => {
    expect(() => decodeFrame(good.bytes, fromClientSchema)).toThrow(refusal('bad_message'));
  });

  test('with more messages than the limit', () => {
    const batch = Array.from({ length: limits.maxBatchMessages + 1 }, () => good);
    expect(() => decodeFrame(encodeFrame(batch), fromClientSchema)).toThrow(refusal('bad_message'));
  });

  test('with more bytes than the limit', () => {
    const half = encodeMessage(output(Buffer.alloc(limits.maxMessageBytes / 2)));
    expect(() => decodeFrame(encodeFrame([half, half]), fromClientSchema)).toThrow(refusal('bad_message'));
  });
});

describe('a message that would not fit into a frame', () => {
  const overhead = encodeMessage(output(Buffer.alloc(70_000))).bytes.length - 70_000;
  const largest = limits.maxMessageBytes - 5 - overhead;

  test('is refused when it is encoded', () => {
    expect(() => encodeMessage(output(Buffer.alloc(largest + 1)))).toThrow(refusal('message_too_large'));
    expect(() => encodeMessage(output(Buffer.alloc(30_000_000)))).toThrow(refusal('message_too_large'));
  });

  test('is the first one that does not: the largest that is encoded is decoded', () => {
    const message = output(Buffer.alloc(largest, 7));
    expect(decodeFrame(frameOf(message), fromClientSchema)).toStrictEqual([message]);
  });

  const zeros = (values: number): FromClient => ({
    type: 'result',
    id,
    outcome: 'completed',
    // The message, its type, id, outcome and durationMs, and the list are values too.
    result: Array<number>(values - 6).fill(0),
    durationMs: 1,
  });

  test('by the count of its values is the first one that does not: a frame is a value itself', () => {
    const message = zeros(limits.maxItems - 1);
    expect(decodeFrame(frameOf(message), fromClientSchema)).toStrictEqual([message]);
  });

  test('by the count of its values is refused when it is encoded', () => {
    expect(() => encodeMessage(zeros(limits.maxItems))).toThrow(refusal('bad_message'));
  });
});
