import fc from 'fast-check';
import { Packr, pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { fromClientSchema, fromServerSchema } from '../../schemas/index.ts';
import { decodeFrame, encodeFrame, encodeMessage } from '../../src/wire/codec.ts';
import { refusal, verdict } from '../support/refusal.ts';
import { anyFromClient, anyFromServer, plainValue } from './message-arbitraries.ts';

const runs = { numRuns: 1_000 };
const id = 'k3v9q0ta2m7x.7';

/** Reads bytes as either side would. Fails on all that is neither a batch nor `bad_message`. */
function reads(bytes: Buffer): void {
  for (const schema of [fromClientSchema, fromServerSchema]) {
    expect(['accepted', 'bad_message']).toContain(verdict(() => decodeFrame(bytes, schema)));
  }
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

describe('whatever the bytes, a frame is a batch or bad_message', () => {
  test('for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (bytes) => reads(Buffer.from(bytes))),
      runs,
    );
  });

  test('for valid frames with bytes changed, put in and taken out', () => {
    const damaged = fc.tuple(frame, fc.array(edit, { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(damaged, ([bytes, edits]) => reads(edits.reduce(edited, bytes))),
      runs,
    );
  });

  test('for valid frames that are cut short, which are always refused', () => {
    fc.assert(
      fc.property(frame, position, (bytes, at) => {
        const cut = bytes.subarray(0, Math.floor(at * bytes.length));
        expect(() => decodeFrame(cut, fromClientSchema)).toThrow(refusal('bad_message'));
        expect(() => decodeFrame(cut, fromServerSchema)).toThrow(refusal('bad_message'));
      }),
      runs,
    );
  });

  test('for plain values that are no messages', () => {
    const type = fc.oneof(fc.constantFrom('hello', 'result', 'constructor', 'toString'), fc.integer());
    fc.assert(
      fc.property(fc.array(fc.oneof(plainValue, fc.record({ type, id: plainValue }))), (values) => reads(pack(values))),
      runs,
    );
  });

  test.each([[{ toString: 1 }], [[{ toString: null }]], [{ toString: { a: 1 }, valueOf: 2 }]])(
    'for a type that cannot be made a string: %j',
    (type) => {
      expect(() => decodeFrame(pack([{ type }]), fromClientSchema)).toThrow(refusal('bad_message'));
    },
  );
});

describe('what msgpackr would revive is refused before it sees it', () => {
  const cloning = new Packr({ structuredClone: true, moreTypes: true });

  test('a graph of references that doubles with each of its levels', () => {
    let graph: unknown[] = [];
    for (let level = 0; level < 26; level += 1) graph = [graph, graph];
    const bytes = cloning.pack([{ type: 'result', result: graph }]);
    expect(bytes.length).toBeLessThan(600);
    const startedMs = performance.now();
    expect(() => decodeFrame(bytes, fromClientSchema)).toThrow(refusal('bad_message'));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test('record definitions, which it would compile', () => {
    const bytes = new Packr({ useRecords: true }).pack([{ type: 'accepted', id }]);
    expect(bytes.includes(Buffer.from([0xd4, 0x72]))).toBe(true);
    expect(() => decodeFrame(bytes, fromClientSchema)).toThrow(refusal('bad_message'));
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
    const bytes = cloning.pack([{ type: 'result', id, outcome: 'completed', result: value, durationMs: 1 }]);
    expect(() => decodeFrame(bytes, fromClientSchema)).toThrow(refusal('bad_message'));
  });
});

describe('keys that name a prototype', () => {
  const command = { type: 'command', id, name: 'ping', sentMs: 1 };
  const pollution: object = JSON.parse('{"__proto__":{"polluted":true}}');

  test.each([
    ['of arguments', [{ ...command, args: pollution }]],
    ['deep in arguments', [{ ...command, args: { list: [pollution] } }]],
    ['of a message', [Object.assign(JSON.parse('{"__proto__":1}'), command, { args: {} })]],
    ['of no message', pollution],
  ])('are refused where they are %s', (_where, value) => {
    const bytes = pack(value);
    expect(bytes.includes('__proto__')).toBe(true);
    expect(() => decodeFrame(bytes, fromServerSchema)).toThrow(refusal('bad_message'));
    expect('polluted' in {}).toBe(false);
  });

  test('are plain keys where they cannot reach one', () => {
    const args = { constructor: { prototype: { polluted: true } }, toString: 1 };
    const [message] = decodeFrame(encodeFrame([encodeMessage({ ...command, args })]), fromServerSchema);
    // Not strictly: that would take `constructor` for the one of its class.
    expect(message).toEqual({ ...command, args });
    expect('polluted' in {}).toBe(false);
  });

  test('do not leave either', () => {
    expect(() => encodeMessage({ ...command, args: pollution })).toThrow(refusal('bad_message'));
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
    ['seventeen levels', JSON.parse(`${'['.repeat(16)}${']'.repeat(16)}`)],
    ['too many values', Array(20_000).fill(0)],
  ])('%s', (_what, value) => {
    expect(() => encodeMessage({ type: 'result', result: value })).toThrow(refusal('bad_message'));
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  test.each<[string, unknown]>([
    ['a bigint over 2^64', 2n ** 70n],
    ['a symbol', Symbol('x')],
    ['an object that holds itself', circular],
  ])('%s', (_what, value) => {
    expect(() => encodeMessage({ type: 'result', result: value })).toThrow(refusal('bad_message'));
  });

  test('and goes on encoding after a refusal', () => {
    expect(() => encodeMessage({ when: new Date(0) })).toThrow(refusal('bad_message'));
    expect(() => encodeMessage(circular)).toThrow();
    const message = { type: 'accepted', id };
    expect(decodeFrame(encodeFrame([encodeMessage(message)]), fromClientSchema)).toStrictEqual([message]);
  });
});
