import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { optionsOf } from '../../src/program/plugins/option-flags.ts';

/** The values that texts on the command line become, for an option with this schema. */
function given(schema: z.ZodType, ...texts: string[]): unknown {
  const plugin = { name: 'x', apiVersion: 1, options: z.strictObject({ it: schema }), setup() {} } as const;
  const [only] = optionsOf(plugin);
  const parse = only?.option.parseArg;
  return texts.reduce<unknown>((before, text) => parse?.(text, before), undefined);
}

describe('an option of a plug-in is read as its schema requires', () => {
  test.each<[string, z.ZodType, string[], unknown]>([
    ['a text', z.string(), ['3'], '3'],
    ['a number', z.number(), ['-1.5'], -1.5],
    ['a whole number with a default', z.int().default(3), ['4'], 4],
    ['a number or null', z.number().nullable(), ['4'], 4],
    ['one of two numbers', z.union([z.literal(1), z.literal(2)]), ['2'], 2],
    ['a number or a text', z.union([z.number(), z.string()]), ['4'], '4'],
    ['a switch', z.boolean().optional(), ['off'], false],
    ['a switch or a number', z.union([z.boolean(), z.number()]), ['yes'], true],
    ['a number where a switch could be too', z.union([z.boolean(), z.number()]), ['1'], 1],
    ['texts', z.array(z.string()), ['1', 'b'], ['1', 'b']],
    ['numbers', z.array(z.number()).default([]), ['1', '2'], [1, 2]],
    ['switches', z.array(z.boolean()), ['yes', 'no'], [true, false]],
    ['what is read from a text', z.string().transform((text) => text.length), ['abc'], 'abc'],
    ['what has no JSON type', z.coerce.date(), ['2020-01-01'], '2020-01-01'],
  ])('%s', (_, schema, texts, value) => {
    expect(given(schema, ...texts)).toEqual(value);
  });

  test.each<[z.ZodType, string, string]>([
    [z.number(), 'ten', 'it must be a number.'],
    [z.number(), ' ', 'it must be a number.'],
    [z.array(z.number()), 'ten', 'it must be a number.'],
    [z.boolean(), '2', 'it must be yes or no.'],
    [z.union([z.boolean(), z.number()]), 'x', 'it must be a number, or yes or no.'],
  ])('%# is refused', (schema, text, why) => {
    expect(() => given(schema, text)).toThrow(new InvalidArgumentError(why));
  });
});
