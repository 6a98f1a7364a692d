import { Packr } from 'msgpackr';
import { clientLayouts, type Layout, serverLayouts, wordNumbers } from '../../schemas/index.ts';
import type { Random } from '../support/random.ts';
import type { Corpus } from './corpus.ts';

/** Says all that msgpackr can say, not only what the protocol has. */
const packr = new Packr({ useRecords: false, moreTypes: true, structuredClone: false, variableMapSize: true });

type Message = Record<string, unknown>;
type Change = (message: Message, random: Random, other: Message) => Message;

const numbers: readonly [unknown, ...unknown[]] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -0,
  0.5,
  5e-324,
  1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2n ** 63n,
  -(2n ** 63n),
];

const values: readonly [() => unknown, ...(() => unknown)[]] = [
  () => null,
  () => true,
  () => '',
  () => '\u001b[2J\u0000',
  () => 'x'.repeat(70_000),
  () => '0'.repeat(70_000),
  () => [],
  () => ({}),
  () => Buffer.alloc(300, 0xc1),
  () => new Date(0),
  () => new Set([1]),
  () => /x/,
  () => new Error('x'),
  () => new Float64Array(3),
  () => new Map([[1, 1]]),
  () => Array<number>(1_100).fill(7),
  () => Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index])),
  () => Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index * 1_000}`, index])),
  () => ({ toString: 1, valueOf: null, constructor: { prototype: { polluted: true } } }),
];

const hostileKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'length', '', 'type', '0'] as const;

const fieldOf = (message: Message, random: Random): string => {
  const [first = 'type', ...rest] = Object.keys(message);
  return random.pick([first, ...rest]);
};

/** Also `__proto__`, as a key like any other. */
function withField(message: Message, key: string, value: unknown): Message {
  return Object.defineProperty({ ...message }, key, { value, enumerable: true, configurable: true, writable: true });
}

function nested(levels: number, random: Random): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = random.int(0, 1) === 0 ? [value] : { a: value };
  return value;
}

const changes: readonly [Change, ...Change[]] = [
  function anotherType(message, _random, other) {
    return { ...message, type: other.type };
  },
  function fieldOfAnother(message, random, other) {
    const key = fieldOf(other, random);
    return withField(message, key, other[key]);
  },
  function valueOfAnother(message, random, other) {
    return withField(message, fieldOf(message, random), other[fieldOf(other, random)]);
  },
  function without(message, random) {
    const { [fieldOf(message, random)]: _gone, ...rest } = message;
    return rest;
  },
  function withNumber(message, random) {
    return withField(message, fieldOf(message, random), random.pick(numbers));
  },
  function withValue(message, random) {
    return withField(message, fieldOf(message, random), random.pick(values)());
  },
  function withHostileKey(message, random, other) {
    return withField(message, random.pick(hostileKeys), random.int(0, 1) === 0 ? other : random.pick(values)());
  },
  function idOfAnother(message, random, other) {
    const id = typeof other.id === 'string' ? other.id : `k3v9q0ta2m7x.${random.int(1, 9)}`;
    return withField(message, 'id', id);
  },
  function deeper(message, random) {
    return withField(message, random.pick(['result', 'args', 'note', 'info']), nested(random.int(1, 40), random));
  },
];

const layouts = new Map<unknown, Layout>(Object.entries({ ...clientLayouts, ...serverLayouts }));

/** As it travels: fields in their places, words as numbers, and in a map what has no place. A few stay maps. */
function travelling(message: Message, random: Random): unknown {
  const layout = layouts.get(message.type);
  if (!layout || random.int(0, 19) === 0) return message;
  const { code, required } = layout;
  const isOptional = ([key]: [string, unknown]) => key !== 'type' && !required.includes(key);
  const rest = Object.entries(message).filter(isOptional);
  const fields = required.map((key) => numberOf(message.type, key, message[key]));
  const whole = [code, ...fields, ...(rest.length > 0 ? [Object.fromEntries(rest)] : [])];
  if (random.int(0, 9) > 0) return whole;
  return random.int(0, 1) === 0 ? whole.slice(0, random.int(0, whole.length)) : [...whole, random.pick(values)()];
}

function numberOf(type: unknown, key: string, value: unknown): unknown {
  const words: Readonly<Record<string, Readonly<Record<string, number>>>> = wordNumbers;
  const word = type === 'job' && key === 'state' ? 'jobState' : key;
  return typeof value === 'string' ? (words[word]?.[value] ?? value) : value;
}

/** Says a key twice: the map is written by hand, for no object can hold that. */
function withKeyTwice(message: Message, random: Random, other: Message): Buffer {
  const keys = Object.keys(message);
  const twice = fieldOf(message, random);
  const entries = [
    ...keys.map((key) => [key, message[key]]),
    [twice, random.int(0, 1) === 0 ? message[twice] : other.type],
  ];
  return Buffer.concat([Buffer.from([0x80 | entries.length]), ...entries.flat().map((value) => packr.pack(value))]);
}

function frameOf(messages: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 0xdd;
  head.writeUInt32BE(messages.length, 1);
  return Buffer.concat([head, ...messages]);
}

/** A frame whose first message has one to three changes in its fields; the others, if any, are whole or the same again. */
export function changeMessages({ messages }: Corpus, random: Random): Buffer {
  let message = random.pick(messages);
  for (let left = random.int(1, 3); left > 0; left -= 1) {
    message = random.pick(changes)(message, random, random.pick(messages));
  }
  const duplicated = random.int(0, 9) === 0 && Object.keys(message).length < 15;
  const bytes = duplicated
    ? withKeyTwice(message, random, random.pick(messages))
    : packr.pack(travelling(message, random));
  if (random.int(0, 99) === 0)
    return frameOf(
      Array<Buffer>(random.int(2, 1_100))
        .fill(bytes)
        .slice(0, Math.max(2, Math.floor(1_000_000 / bytes.length))),
    );
  if (random.int(0, 2) > 0) return frameOf([bytes]);
  const others = Array.from({ length: random.int(1, 4) }, () => packr.pack(travelling(random.pick(messages), random)));
  return frameOf(random.int(0, 1) === 0 ? [bytes, ...others] : [...others, bytes]);
}
