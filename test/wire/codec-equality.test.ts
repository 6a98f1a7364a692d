import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../src/wire/encode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { createRandom, type Random } from '../support/random.ts';
import { decodeGenerically, genericFromClient, genericFromServer } from './generic-decode.ts';
import { anyFromClient, anyFromServer, messagesOfClient, messagesOfServer, plainValue } from './message-arbitraries.ts';
import { encodeOtherwise } from './other-encoder.ts';

const runs = { numRuns: 1_000 };
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

/** Number of accepted frames: if all were refused, the test would prove nothing. */
let accepted = 0;

/** Both decoders, for both sides, refuse the frame or decode it to the same messages. */
function readAlike(frame: Buffer): void {
  const sides = [
    [() => decodeFrame(frame, fromClient), () => decodeGenerically(frame, genericFromClient)],
    [() => decodeFrame(frame, fromServer), () => decodeGenerically(frame, genericFromServer)],
  ] as const;
  for (const [codec, generic] of sides) {
    const [ours, theirs] = [resultOf(codec), resultOf(generic)];
    if (ours === 'bad_message' && theirs === ours) continue;
    expect(ours, frame.toString('hex', 0, 1_000)).toStrictEqual(theirs);
    accepted += 1;
  }
}

/** The result of `run`, or the code of its error. */
function resultOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof SignalboxError) return error.code;
    throw error;
  }
}

const frame = fc
  .array(fc.oneof(anyFromClient, anyFromServer), { minLength: 1, maxLength: 4 })
  .map((messages) => encodeFrame(messages.map(encodeMessage)));
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const edit = fc.record({ position, byte: fc.nat(255), kind: fc.constantFrom('change', 'insert', 'remove', 'cut') });
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function edited(bytes: Buffer, { position, byte, kind }: Edit): Buffer {
  const at = Math.floor(position * bytes.length);
  if (kind === 'cut') return bytes.subarray(0, at);
  const middle = kind === 'remove' ? [] : [byte];
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), bytes.subarray(kind === 'insert' ? at : at + 1)]);
}

type Change = (fields: unknown[], random: Random, other: unknown) => unknown[];

/** Changes to an encoded message, which is a list of a code and fields. */
const changes: readonly [Change, ...Change[]] = [
  function swapped(fields, random) {
    const [from, to] = [random.int(0, fields.length), random.int(0, fields.length)];
    return fields
      .with(from % fields.length, fields[to % fields.length])
      .with(to % fields.length, fields[from % fields.length]);
  },
  function replaced(fields, random, other) {
    return fields.with(random.int(0, fields.length - 1), other);
  },
  function longer(fields, random, other) {
    return [...fields, ...Array<unknown>(random.int(1, 3)).fill(other)];
  },
  function shorter(fields, random) {
    return fields.slice(0, random.int(0, fields.length - 1));
  },
  function ofAnotherCode(fields, random) {
    return fields.with(0, random.int(0, 50));
  },
  function withAFieldMore(fields, random, other) {
    const name = random.pick(['note', 'type', 'id', 'records', 'result', 'error', 'timeoutMs', 'later', 'constructor']);
    const last = fields.at(-1);
    const isMap = typeof last === 'object' && last !== null && !Array.isArray(last) && !ArrayBuffer.isView(last);
    return isMap ? fields.with(-1, { ...last, [name]: other }) : [...fields, { [name]: other }];
  },
  function aWordOff(fields, random) {
    const at = random.int(0, fields.length - 1);
    return typeof fields[at] === 'number'
      ? fields.with(at, random.pick([-1, 0, 0.5, 1, 2, 3, 2 ** 52 + 2, 2 ** 53]))
      : fields;
  },
];

function changed(message: unknown, random: Random, other: unknown): unknown {
  if (!Array.isArray(message))
    return { ...(message as object), [random.pick(['type', 'later', 'error', 'name'])]: other };
  if (message.length === 0) return message;
  return random.pick(changes)(message, random, other);
}

const heads = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xe0, 0xff].concat(
  Array.from({ length: 0x20 }, (_, at) => 0xc0 + at),
);

describe('the codec and a generic decode with the schema agree', () => {
  test.each(Object.entries<fc.Arbitrary<object>>({ ...messagesOfClient, ...messagesOfServer }))(
    'for %s as it is sent',
    (_type, message) => {
      fc.assert(fc.property(message as typeof anyFromClient, (one) => readAlike(encodeMessage(one).alone)));
    },
  );

  test('for messages in any format that another encoder writes', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (bytes, seed) => {
        const otherwise = encodeOtherwise(packr.unpack(bytes), createRandom(seed));
        readAlike(otherwise);
        expect(decodeFrame(otherwise, fromClient)).toStrictEqual(decodeFrame(bytes, fromClient));
        expect(decodeFrame(otherwise, fromServer)).toStrictEqual(decodeFrame(bytes, fromServer));
      }),
      runs,
    );
  });

  test('for messages with fields swapped, replaced, added and left out', () => {
    accepted = 0;
    fc.assert(
      fc.property(frame, fc.nat(), plainValue, fc.nat(2), (bytes, seed, other, more) => {
        const random = createRandom(seed);
        let messages: unknown[] = packr.unpack(bytes);
        for (let left = more; left >= 0; left -= 1) {
          messages = messages.map((message) => (random.int(0, 2) > 0 ? message : changed(message, random, other)));
        }
        readAlike(encodeOtherwise(messages, random));
      }),
      runs,
    );
    expect(accepted).toBeGreaterThan(runs.numRuns / 10);
  });

  test('for frames with bytes changed, inserted, removed and truncated', () => {
    accepted = 0;
    fc.assert(
      fc.property(frame, fc.array(edit, { minLength: 1, maxLength: 3 }), (bytes, edits) => {
        readAlike(edits.reduce(edited, bytes));
      }),
      runs,
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test('for each byte of a short frame changed to each kind of head', () => {
    const messages = Object.values<fc.Arbitrary<object>>({ ...messagesOfClient, ...messagesOfServer });
    for (const message of messages) {
      const bytes = fc
        .sample(message as typeof anyFromClient, { seed: 1, numRuns: 20 })
        .map((one) => encodeMessage(one).alone)
        .reduce((least, one) => (one.length < least.length ? one : least));
      for (let at = 0; at < Math.min(bytes.length, 40); at += 1) {
        for (const head of heads) readAlike(Buffer.from(bytes).fill(head, at, at + 1));
      }
    }
  });

  test('for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat(50), (bytes, code) => {
        readAlike(Buffer.from(bytes));
        readAlike(Buffer.from([0x91, 0x90 | (bytes.length % 16), code, ...bytes]));
      }),
      runs,
    );
  });
});
