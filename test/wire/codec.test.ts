import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FromClient, type FromServer, limits, type Message } from '../../schemas/index.ts';
import { messagesFrom } from '../../scripts/layouts.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage, sizeOf } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { scan } from '../../src/wire/scan.ts';
import { refusal } from '../support/refusal.ts';
import { frameOf } from '../support/wire.ts';
import { anyFromClient, anyFromServer, messagesOfClient, messagesOfServer, plainValue } from './message-arbitraries.ts';

const accepted = (id: number): FromClient => ({ type: 'accepted', id });
const progress: FromClient = { type: 'progress', id: 7, fraction: 0.5 };
const output = (data: Uint8Array): FromClient => ({ type: 'output', id: 7, stream: 'stdout', offset: 0, data });
const result = (value: unknown): Message<FromClient, 'result'> => ({
  type: 'result',
  id: 7,
  outcome: 'completed',
  durationMs: 1,
  result: value,
});
const records = (...values: unknown[]): FromClient => ({ type: 'records', id: 7, offset: 0, values });

describe('decoding returns the encoded value', () => {
  test.each(Object.entries<fc.Arbitrary<FromClient>>(messagesOfClient))('for %s of a client', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeFrame(frameOf(message), fromClient)).toStrictEqual([message]);
      }),
    );
  });

  test.each(Object.entries<fc.Arbitrary<FromServer>>(messagesOfServer))('for %s of a server', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeFrame(frameOf(message), fromServer)).toStrictEqual([message]);
      }),
    );
  });

  test('several messages of one frame keep their order', () => {
    fc.assert(
      fc.property(fc.array(anyFromClient, { maxLength: 40 }), (messages) => {
        expect(decodeFrame(frameOf(...messages), fromClient)).toStrictEqual(messages);
      }),
    );
    fc.assert(
      fc.property(fc.array(anyFromServer, { maxLength: 40 }), (messages) => {
        expect(decodeFrame(frameOf(...messages), fromServer)).toStrictEqual(messages);
      }),
    );
  });

  test.each([0, 1, 15, 16, 17, 255, 256, limits.maxBatchMessages])('a frame of %i messages', (count) => {
    const messages = Array.from({ length: count }, (_, index) => accepted(index + 1));
    expect(decodeFrame(frameOf(...messages), fromClient)).toStrictEqual(messages);
  });

  test.each([15, 16, limits.maxBatchMessages])('%i ids', (count) => {
    const ack: FromServer = { type: 'ack', ids: Array.from({ length: count }, (_, index) => index + 1) };
    expect(decodeFrame(frameOf(ack), fromServer)).toStrictEqual([ack]);
  });

  test.each([0, 23, 24, 31, 32, 63, 64, 65, 255, 256, 4_096])('texts of %i characters', (length) => {
    for (const character of ['x', 'é', '€', '\u{1f600}', '\ufeff', '\ufffd', '\0']) {
      const text = character.repeat(length);
      const messages = [result({ text, list: [text] }), result(text), records(text)];
      expect(decodeFrame(frameOf(...messages), fromClient)).toStrictEqual(messages);
    }
  });

  test('commands with the same name, with a name of the same prefix, and with a head in another format', () => {
    const command = (name: string) => ({ type: 'command', id: 7, name, args: {}, sentMs: 1 }) as const;
    const names = ['ping', 'ping', 'pin', 'pins', 'ping', 'pings', 'pings', 'a', 'ping'];
    expect(decodeFrame(frameOf(...names.map(command)), fromServer)).toStrictEqual(names.map(command));
    const str8 = (name: string) => [0x95, 32, 7, 0xd9, name.length, ...Buffer.from(name), 0x80, 1];
    const frame = Buffer.from([0x90 + 3, ...str8('ping'), ...str8('pina'), ...str8('pina')]);
    expect(decodeFrame(frame, fromServer)).toStrictEqual(['ping', 'pina', 'pina'].map(command));
  });

  test('but −0 arrives as 0, at any depth', () => {
    const sent = [result(-0), result([-0]), records(-0)];
    expect(decodeFrame(frameOf(...sent), fromClient)).toStrictEqual([result(0), result([0]), records(0)]);
  });

  test('but a JavaScript Map arrives as an object', () => {
    const map = new Map<string, unknown>([['a', 1]]);
    expect(decodeFrame(frameOf(result({ map })), fromClient)).toStrictEqual([result({ map: { a: 1 } })]);
  });
});

describe('the generated messages', () => {
  const schemas = new Map([...messagesFrom('client'), ...messagesFrom('server')].map((one) => [one.type, one.schema]));

  test.each(Object.entries<fc.Arbitrary<object>>({ ...messagesOfClient, ...messagesOfServer }))(
    'have each field of the schema of %s, and so does their encoding',
    (type, messages) => {
      const found = fc.sample(messages as typeof anyFromClient, { seed: 1, numRuns: 100 });
      const read = found.flatMap((message) => [
        ...decodeFrame(encodeMessage(message).alone, fromClient),
        ...decodeFrame(encodeMessage(message).alone, fromServer),
      ]);
      const fields = read.filter((message) => message.type === type).flatMap(Object.keys);
      expect(new Set(fields)).toStrictEqual(new Set(Object.keys(schemas.get(type)?.shape ?? {})));
    },
  );
});

describe('an encoded message', () => {
  test('keeps its bytes when other messages are encoded after it', () => {
    fc.assert(
      fc.property(anyFromClient, anyFromServer, (one, other) => {
        const { alone } = encodeMessage(one);
        const before = Buffer.from(alone);
        encodeMessage(other);
        expect(alone.equals(before)).toBe(true);
      }),
    );
  });

  test('is copied into a frame of several messages', () => {
    const encoded = [encodeMessage(accepted(1)), encodeMessage(output(Buffer.alloc(500, 1)))];
    const frame = encodeFrame(encoded);
    for (const { alone } of encoded) alone.fill(0xc1);
    expect(decodeFrame(frame, fromClient)).toStrictEqual([accepted(1), output(Buffer.alloc(500, 1))]);
  });

  test('has the length and the value count that it adds to a frame', () => {
    fc.assert(
      fc.property(fc.oneof(anyFromClient, anyFromServer), (message) => {
        const { alone, length, items } = encodeMessage(message);
        expect([length, items]).toStrictEqual([alone.length - 1, scan(alone) - 1]);
      }),
    );
  });
});

describe('an undefined field', () => {
  test.each<FromClient | FromServer>([
    { ...progress, note: undefined },
    { type: 'job', id: 7, command: 'ping', state: 'settled', offsets: { stdout: undefined }, taken: undefined },
    { type: 'result', id: 7, outcome: 'completed', durationMs: 1, result: undefined, offsets: undefined },
    { type: 'result', id: 7, outcome: 'completed', durationMs: 1, result: undefined, records: 3 },
    { type: 'command', id: 7, name: 'ping', args: { a: undefined }, sentMs: 1, timeoutMs: undefined, expiresInMs: 0 },
    { type: 'fetch', id: 7, from: { stderr: undefined }, records: undefined },
  ])('does not travel in %j', (message) => {
    const without: FromClient = JSON.parse(JSON.stringify(message));
    expect(encodeMessage(message).alone).toStrictEqual(encodeMessage(without).alone);
  });

  test('is not sent in args and results either', () => {
    const value = { a: undefined, b: [{ c: undefined }] };
    expect(decodeFrame(frameOf(result(value)), fromClient)).toStrictEqual([result({ b: [{}] })]);
  });

  test('is refused inside an array, where it would shift the other elements', () => {
    expect(() => encodeMessage(result([1, undefined]))).toThrow(refusal('bad_message'));
  });
});

describe('a message that does not fit into a frame', () => {
  const overhead = encodeMessage(result(Buffer.alloc(70_000))).length - 70_000;
  const largest = limits.maxMessageBytes - 1 - overhead;

  test.each([largest + 1, 30_000_000])('is refused by the encoder with %i bytes', (length) => {
    for (const message of [
      result(Buffer.alloc(length)),
      result('x'.repeat(length)),
      result(['x'.repeat(length)]),
      output(Buffer.alloc(length + overhead)),
      { type: 'goodbye', reason: 'x'.repeat(length + overhead) } as const,
    ]) {
      expect(() => encodeMessage(message)).toThrow(refusal('message_too_large'));
    }
  });

  test('is one byte over the largest message that can be encoded and decoded', () => {
    const message = result(Buffer.alloc(largest, 7));
    expect(decodeFrame(frameOf(message), fromClient)).toStrictEqual([message]);
  });

  test('is refused if it is a handshake message over the handshake limit', () => {
    const error = { code: 'internal', message: 'x'.repeat(limits.maxHandshakeBytes) } as const;
    expect(() => encodeMessage({ type: 'refused', error })).toThrow(refusal('message_too_large'));
  });

  // The message, its code, id, outcome and duration, its map, and the list count as values, too.
  const zeros = (values: number) => result(Array<number>(values - 7).fill(0));

  test('has one value more than the largest message that can be decoded: the frame counts as a value', () => {
    const message = zeros(limits.maxItems - 1);
    expect(decodeFrame(frameOf(message), fromClient)).toStrictEqual([message]);
  });

  test('is refused by the encoder if it has too many values', () => {
    expect(() => encodeMessage(zeros(limits.maxItems))).toThrow(refusal('bad_message'));
  });
});

describe('the size of a value', () => {
  test('is the number of bytes that it adds to a result', () => {
    const around = encodeMessage(result(null)).length - 1;
    fc.assert(
      fc.property(plainValue, (value) => {
        expect(sizeOf(value)).toBe(encodeMessage(result(value)).length - around);
      }),
    );
  });

  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

  test.each([
    ['13 levels', nested(13)],
    ['16,300 values', Array(16_300).fill(0)],
    ['a text of 1,000,000 bytes', 'x'.repeat(1_000_000)],
  ])('is told of what can be sent as args, as a result and as a record: %s', (_what, value) => {
    expect(sizeOf(value)).toBeGreaterThan(0);
    expect(decodeFrame(frameOf(result(value)), fromClient)).toHaveLength(1);
    expect(decodeFrame(frameOf(records(value)), fromClient)).toHaveLength(1);
  });

  test.each([
    ['14 levels', nested(14)],
    ['16,370 values', Array(16_370).fill(0)],
    ['NaN', Number.NaN],
    ['an infinity inside', [Number.NEGATIVE_INFINITY]],
    ['a lone surrogate', '\ud800'],
    ['a date', new Date(0)],
  ])('is not told of what cannot: %s', (_what, value) => {
    expect(() => sizeOf(value)).toThrow(refusal('bad_message'));
  });
});
