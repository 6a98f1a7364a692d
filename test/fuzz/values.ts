import { maxCounter } from '../../schemas/index.ts';
import type { Random } from '../support/random.ts';

export const numbers: readonly [unknown, ...unknown[]] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -0,
  0,
  1,
  2,
  3,
  0.5,
  5e-324,
  1e308,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  maxCounter,
  maxCounter + 1,
  2 ** 52,
  2 ** 52 + 2,
  2 ** 53 - 1,
  2 ** 53,
  2n ** 63n,
  -(2n ** 63n),
];

/** Each bound of a length, and one more. */
const lengths = [16, 17, 63, 64, 65, 128, 129, 255, 256, 257, 1_000, 1_001, 1_024, 1_025, 4_096, 4_097] as const;

type Value = (random: Random) => unknown;
export const bounds: readonly [Value, ...Value[]] = [
  (random) => random.pick<string>(['x', 'é', '0']).repeat(random.pick(lengths)),
  (random) => Array<unknown>(random.pick(lengths)).fill(random.pick<unknown>([7, 'x'])),
  (random) => Buffer.alloc(random.pick([1, 32_768, 32_769])),
  (random) => Object.fromEntries(Array.from({ length: random.pick([64, 65]) }, (_, index) => [`k${index}`, 'x'])),
];

export const values: readonly [Value, ...Value[]] = [
  () => null,
  () => true,
  () => '',
  () => '\u001b[2J\u0000',
  () => 'x'.repeat(70_000),
  () => '0'.repeat(70_000),
  () => [],
  () => ({}),
  () => Buffer.alloc(0),
  () => Buffer.alloc(300, 0xc1),
  () => new Date(0),
  () => new Set([1]),
  () => /x/,
  () => new Error('x'),
  () => new Float64Array(3),
  () => new Map([[1, 1]]),
  () => Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index])),
  () => Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index * 1_000}`, index])),
  () => ({ toString: 1, valueOf: null, constructor: { prototype: { polluted: true } } }),
];

export const hostileKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
  'type',
  '0',
  'later',
] as const;
