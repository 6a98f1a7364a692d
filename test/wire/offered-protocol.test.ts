import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { encodeMessage } from '../../src/wire/encode-frame.ts';
import { offeredProtocol, speaks, unsupportedProtocol } from '../../src/wire/offered-protocol.ts';
import { createRandom } from '../support/random.ts';
import { messagesOfClient } from './message-arbitraries.ts';
import { encodeOtherwise } from './other-encoder.ts';

const packr = new Packr({ useRecords: false, moreTypes: true, variableMapSize: true });
const pack = (value: unknown): Buffer => packr.pack(value);
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A map encoded by hand, for contents that no object can have. */
const map = (...entries: [unknown, unknown][]) =>
  Buffer.concat([
    hex((0x80 | entries.length).toString(16)),
    ...entries.flat().map((value) => (Buffer.isBuffer(value) ? value : pack(value))),
  ]);
const batch = (...messages: Buffer[]) => Buffer.concat([hex((0x90 | messages.length).toString(16)), ...messages]);
const deep = (levels: number) => Buffer.concat([Buffer.alloc(levels, 0x91), hex('c0')]);

const type = ['type', 'hello'] satisfies [string, string];
const later = ['protocol', { min: 3, max: 4 }] satisfies [string, object];
const offered = { min: 3, max: 4 };

describe('the versions of a hello are read', () => {
  test.each<[string, Buffer, object]>([
    ['of version 1', pack([{ type: 'hello', protocol: 1, version: '0', name: 'w1' }]), { min: 1, max: 1, name: 'w1' }],
    ['and the name with them', pack([{ type: 'hello', protocol: offered, name: 'w1' }]), { ...offered, name: 'w1' }],
    ['and no invalid name', pack([{ type: 'hello', protocol: offered, name: '\u001b[2J' }]), offered],
    ['and no name of another type', pack([{ type: 'hello', protocol: offered, name: ['w1'] }]), offered],
    ['of a later one', pack([{ type: 'hello', protocol: offered }]), offered],
    ['before its type', batch(map(later, type)), offered],
    ['without the array around it', map(type, later), offered],
    ['in an array of any form', Buffer.concat([hex('dd 00000001'), map(type, later)]), offered],
    ['in an array with a wrong length', Buffer.concat([hex('dc ffff'), map(type, later)]), offered],
    ['in a map of any form', Buffer.concat([hex('91 df 00000002'), map(type, later).subarray(1)]), offered],
    ['in a map with a wrong length', Buffer.concat([hex('91 df ffffffff'), map(type, later).subarray(1)]), offered],
    ['before another message', batch(map(type, later), hex('c1')), offered],
    ['before bytes that mean nothing', Buffer.concat([batch(map(type, later)), hex('c1 c1')]), offered],
    ['behind extension types', batch(map(['at', new Date(0)], ['data', new Float64Array(2)], type, later)), offered],
    [
      'behind ext8, ext16 and ext32',
      batch(map(['a', hex('c70100ff')], ['b', hex('c8000100ff')], ['c', hex('c90000000100ff')], type, later)),
      offered,
    ],
    [
      'behind fixext of each size',
      batch(
        map(
          ...[1, 2, 4, 8, 16].map((size, at): [string, Buffer] => [
            `k${at}`,
            Buffer.concat([Buffer.from([0xd4 + at, 0]), Buffer.alloc(size)]),
          ]),
          type,
          later,
        ),
      ),
      offered,
    ],
    ['behind a hundred levels', batch(map(['deep', deep(100)], type, later)), offered],
    ['behind ten thousand levels', batch(map(['deep', deep(10_000)], type, later)), offered],
    ['behind a text that is not UTF-8', batch(map(['name', hex('a2 ff fe')], type, later)), offered],
    ['behind keys that are no texts', batch(map([1, 2], [hex('c0'), 3], [deep(3), 4], type, later)), offered],
    ['where a key comes twice: the first', batch(map(type, later, ['protocol', 2], ['type', 'other'])), offered],
    ['beside fields of it that are unknown', pack([{ type: 'hello', protocol: { wire: 'x', ...offered } }]), offered],
    [
      'as int64',
      batch(map(type, ['protocol', map(['min', hex('d3 0000000000000003')], ['max', hex('d3 0000000000000004')])])),
      offered,
    ],
    ['as floats', batch(map(type, ['protocol', hex('cb 3ff0000000000000')])), { min: 1, max: 1 }],
  ])('%s', (_what, frame, expected) => {
    expect(offeredProtocol(frame)).toStrictEqual(expected);
  });

  test('from each hello that our codec writes, in any format', () => {
    fc.assert(
      fc.property(messagesOfClient.hello, fc.nat(), (hello, seed) => {
        const offer = { ...hello.protocol, name: hello.name };
        expect(offeredProtocol(encodeMessage(hello).alone)).toStrictEqual(offer);
        expect(offeredProtocol(encodeOtherwise([hello], createRandom(seed)))).toStrictEqual(offer);
      }),
    );
  });
});

describe('no versions are found', () => {
  test.each<[string, Buffer]>([
    ['of nothing', Buffer.alloc(0)],
    ['of an empty array', hex('90')],
    ['of a message of another type', pack([{ type: 'goodbye', protocol: 1 }])],
    ['of a message with a code', pack([[1, 7]])],
    ['of a hello without them', pack([{ type: 'hello' }])],
    ['of versions that are texts', pack([{ type: 'hello', protocol: '2' }])],
    ['of a negative version', pack([{ type: 'hello', protocol: -1 }])],
    ['of half a version', pack([{ type: 'hello', protocol: 1.5 }])],
    ['of a version over 2^53', batch(map(type, ['protocol', hex('cf ffffffffffffffff')]))],
    ['of NaN', batch(map(type, ['protocol', hex('cb 7ff8000000000000')]))],
    ['of a lowest version alone', pack([{ type: 'hello', protocol: { min: 1 } }])],
    ['of a list of versions', pack([{ type: 'hello', protocol: [1, 2] }])],
    [
      'behind more values than a frame may have',
      pack([{ type: 'hello', list: Array(limits.maxItems).fill(0), protocol: 1 }]),
    ],
    ['behind a length past the end', batch(map(type, ['a', hex('db ffffffff')], later))],
  ])('%s', (_what, frame) => {
    expect(offeredProtocol(frame)).toBeUndefined();
  });

  test('in a hello that ends before or within them', () => {
    const frame = batch(map(type, later));
    for (let length = 0; length < frame.length; length += 1) {
      expect(offeredProtocol(frame.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('for any bytes, it returns', () => {
  const returns = (frame: Buffer): void => {
    expect([undefined, 'object']).toContain(offeredProtocol(frame) && 'object');
  };

  test('for random bytes, and a hello with bytes changed', () => {
    const hello = batch(map(type, later));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (bytes) => returns(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, byte) =>
        returns(Buffer.from(hello).fill(byte, at, at + 1)),
      ),
    );
  });

  test.each(Array.from({ length: 256 }, (_, byte) => byte))('for a frame filled with byte %i', (byte) => {
    const full = Buffer.alloc(limits.maxMessageBytes, byte);
    const before = process.threadCpuUsage().user;
    returns(full);
    returns(Buffer.concat([hex('91 df ffffffff'), full]));
    // A separate entry for each byte of a megabyte would take ten times as long.
    expect(process.threadCpuUsage().user - before).toBeLessThan(100_000);
  });
});

test('the error tells a client what to update', () => {
  expect([1, 2, 3].map((version) => speaks({ min: version, max: version }))).toStrictEqual([false, true, false]);
  expect(speaks({ min: 1, max: 3 })).toBe(true);
  expect(unsupportedProtocol({ min: 1, max: 1 }).message).toMatch(/the client version 1: update the client$/);
  expect(unsupportedProtocol({ min: 3, max: 4 }).message).toMatch(/the client versions 3 to 4: update the server$/);
});
