import fc from 'fast-check';
import { Packr, pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import type { FromClient, FromServer } from '../../schemas/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { refusal, verdict } from '../support/refusal.ts';
import { anyFromClient, anyFromServer, plainValue } from './message-arbitraries.ts';

const runs = { numRuns: 1_000 };
/** An encoded result. */
const result = (value: unknown): unknown[] => [9, 7, 0, 1, { result: value }];
const resultOf = (value: unknown): FromClient => ({
  type: 'result',
  id: 7,
  outcome: 'completed',
  durationMs: 1,
  result: value,
});

/** Decodes bytes for both sides. Fails if the result is neither a batch nor `bad_message`. */
function reads(bytes: Buffer): void {
  const verdicts = [verdict(() => decodeFrame(bytes, fromClient)), verdict(() => decodeFrame(bytes, fromServer))];
  for (const one of verdicts) expect(['accepted', 'bad_message']).toContain(one);
}

const frame = fc
  .array(fc.oneof(anyFromClient, anyFromServer), { minLength: 1, maxLength: 5 })
  .map((messages) => encodeFrame(messages.map(encodeMessage)));
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const edit = fc.record({ position, byte: fc.nat(255), kind: fc.constantFrom('change', 'insert', 'remove') });
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function edited(bytes: Buffer, { position, byte, kind }: Edit): Buffer {
  const at = Math.floor(position * bytes.length);
  const middle = kind === 'remove' ? [] : [byte];
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(kind === 'insert' ? at : at + 1)]);
}

describe('any frame is decoded to a batch or refused with bad_message', () => {
  test('for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (bytes) => reads(Buffer.from(bytes))),
      runs,
    );
  });

  test('for valid frames with bytes changed, inserted and removed', () => {
    const damaged = fc.tuple(frame, fc.array(edit, { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(damaged, ([bytes, edits]) => reads(edits.reduce(edited, bytes))),
      runs,
    );
  });

  test('for truncated valid frames, which are always refused', () => {
    fc.assert(
      fc.property(frame, position, (bytes, at) => {
        const cut = bytes.subarray(0, Math.floor(at * bytes.length));
        expect(() => decodeFrame(cut, fromClient)).toThrow(refusal('bad_message'));
        expect(() => decodeFrame(cut, fromServer)).toThrow(refusal('bad_message'));
      }),
      runs,
    );
  });

  test('for plain values that are not messages', () => {
    const type = fc.oneof(fc.constantFrom('hello', 'result', 'constructor', 'toString'), fc.integer());
    fc.assert(
      fc.property(fc.array(fc.oneof(plainValue, fc.record({ type, id: plainValue }))), (values) => reads(pack(values))),
      runs,
    );
  });

  test.each([[{ toString: 1 }], [[{ toString: null }]], [{ toString: { a: 1 }, valueOf: 2 }]])(
    'for a type that cannot be converted to a string: %j',
    (type) => {
      expect(() => decodeFrame(pack([{ type }]), fromClient)).toThrow(refusal('bad_message'));
    },
  );
});

describe('a value that msgpackr would revive is refused before msgpackr reads it', () => {
  const cloning = new Packr({ structuredClone: true, moreTypes: true });

  test('a graph of references that doubles at each level', () => {
    let graph: unknown[] = [];
    for (let level = 0; level < 26; level += 1) graph = [graph, graph];
    const bytes = cloning.pack([result(graph)]);
    expect(bytes.length).toBeLessThan(600);
    const startedMs = performance.now();
    expect(() => decodeFrame(bytes, fromClient)).toThrow(refusal('bad_message'));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test('record definitions, which msgpackr would compile', () => {
    const bytes = new Packr({ useRecords: true }).pack([result({ a: 1 })]);
    expect(bytes.includes(Buffer.from([0xd4, 0x72]))).toBe(true);
    expect(() => decodeFrame(bytes, fromClient)).toThrow(refusal('bad_message'));
  });

  test.each([
    ['a date', new Date(0)],
    ['a set', new Set([1])],
    ['a regular expression', /x/],
    ['an error', new Error('x')],
    ['a typed array', new Float64Array(1)],
    ['a map with a number as key', new Map([[1, 1]])],
    ['a bigint over 2^53', 2n ** 60n],
  ])('%s', (_what, value) => {
    const bytes = cloning.pack([result(value)]);
    expect(() => decodeFrame(bytes, fromClient)).toThrow(refusal('bad_message'));
  });
});

describe('keys that name a prototype', () => {
  const pollution: Record<string, unknown> = JSON.parse('{"__proto__":{"polluted":true}}');

  test.each([
    ['of arguments', [[32, 7, 'ping', pollution, 1]]],
    ['deep in arguments', [[32, 7, 'ping', { list: [pollution] }, 1]]],
    ['of optional fields', [[32, 7, 'ping', {}, 1, pollution]]],
    ['of a message of another version', [[99, pollution]]],
    ['of a map of another version', [{ type: 'salute', pollution }]],
    ['of no message', pollution],
  ])('are refused where they are %s', (_where, value) => {
    const bytes = pack(value);
    expect(bytes.includes('__proto__')).toBe(true);
    expect(() => decodeFrame(bytes, fromServer)).toThrow(refusal('bad_message'));
    expect('polluted' in {}).toBe(false);
  });

  test('are plain keys if they cannot reach a prototype', () => {
    const args = { constructor: { prototype: { polluted: true } }, toString: 1 };
    const command: FromServer = { type: 'command', id: 7, name: 'ping', args, sentMs: 1 };
    const [message] = decodeFrame(encodeMessage(command).alone, fromServer);
    // Not strict equality: it would compare `constructor` with the one of the class.
    expect(message).toEqual(command);
    expect('polluted' in {}).toBe(false);
  });

  test('are refused when sending, too', () => {
    expect(() => encodeMessage({ type: 'command', id: 7, name: 'ping', args: pollution, sentMs: 1 })).toThrow(
      refusal('bad_message'),
    );
  });
});

describe('encodeMessage refuses with bad_message', () => {
  test.each<[string, unknown]>([
    ['a date', new Date(0)],
    ['a bigint over 2^53', 2n ** 60n],
    ['a function', () => 1],
    ['a method', { toJSON: () => 1 }],
    ['an error', new Error('x')],
    ['a map with a number as key', new Map([[1, 1]])],
    ['a key of 257 bytes', { ['k'.repeat(257)]: 1 }],
    ['seventeen levels', JSON.parse(`${'['.repeat(14)}${']'.repeat(14)}`)],
    ['NaN', Number.NaN],
    ['NaN inside', { list: [Number.NaN] }],
    ['infinity', Number.POSITIVE_INFINITY],
    ['infinity inside', [Number.NEGATIVE_INFINITY]],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate inside', { list: ['\udc00x'] }],
    ['a lone surrogate in a long text', `${'x'.repeat(100)}\ud800`],
    ['a lone surrogate in a long text inside', { list: ['x'.repeat(100), `${'x'.repeat(100)}\ud800`] }],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    ['a lone surrogate in a long key', { [`${'k'.repeat(100)}\ud800`]: 1 }],
    ['a lone surrogate in a map', new Map([['a', `${'x'.repeat(100)}\ud800`]])],
    ['too many values', Array(20_000).fill(0)],
  ])('%s', (_what, value) => {
    expect(() => encodeMessage(resultOf(value))).toThrow(refusal('bad_message'));
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  test.each<[string, unknown]>([
    ['a bigint over 2^64', 2n ** 70n],
    ['a symbol', Symbol('x')],
    ['a circular object', circular],
  ])('%s', (_what, value) => {
    expect(() => encodeMessage(resultOf(value))).toThrow(refusal('bad_message'));
  });

  test('and encodes the next message after a refusal', () => {
    expect(() => encodeMessage(resultOf(new Date(0)))).toThrow(refusal('bad_message'));
    expect(() => encodeMessage(resultOf(circular))).toThrow();
    const message: FromClient = { type: 'accepted', id: 7 };
    expect(decodeFrame(encodeMessage(message).alone, fromClient)).toStrictEqual([message]);
  });
});
