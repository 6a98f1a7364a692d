import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { calculate } from '../../../schemas/commands/calculate.ts';
import { ping } from '../../../schemas/commands/ping.ts';
import { run } from '../../../schemas/commands/run.ts';
import { controlCommands, defineCommand, start, terminate, text } from '../../../schemas/index.ts';
import { positionals, signature } from '../../../src/shell/parse/signature.ts';
import { shortUsage, usage, usageAround } from '../../../src/shell/parse/usage.ts';

const define = (shape: z.core.$ZodLooseShape) =>
  defineCommand({ name: 'try', summary: 'A trial.', args: z.strictObject(shape), result: z.null(), example: 'try' });

const parameterOf = (schema: z.ZodType) => signature(define({ x: schema }))[0];

describe('the parameters of a contract', () => {
  test('calculate has its two in order, with all properties of its schema', () => {
    expect(signature(calculate)).toEqual([
      {
        name: 'seconds',
        option: '--seconds',
        label: 'SECONDS',
        called: 'SECONDS',
        type: 'number',
        required: true,
        unit: 's',
        description: 'duration of the work',
        expectation: 'a number from 0 to 3155760000 (s)',
      },
      {
        name: 'message',
        option: '--message',
        label: 'MESSAGE',
        called: 'MESSAGE',
        type: 'string',
        required: true,
        description: 'the text to print at the end',
        expectation: 'text of at most 65536 bytes',
      },
    ]);
  });

  test('ping and the control commands have none', () => {
    expect([ping, ...controlCommands].map((contract) => signature(contract).length)).toEqual([0, 0, 0, 0]);
  });

  test('they are read once', () => {
    expect(signature(calculate)).toBe(signature(calculate));
  });

  test.each([
    ['seconds', '--seconds', 'SECONDS'],
    ['maxBytes', '--max-bytes', 'MAX-BYTES'],
    ['ipv4Only', '--ipv4-only', 'IPV4-ONLY'],
    ['dry_run', '--dry-run', 'DRY-RUN'],
  ])('the field %s is typed as %s', (name, option, label) => {
    expect(signature(define({ [name]: z.string() }))[0]).toMatchObject({ name, option, label });
  });

  test('optional arguments are not required', () => {
    const parameters = signature(define({ a: z.string(), b: z.string().optional(), c: z.string().default('x') }));
    expect(parameters.map(({ required }) => required)).toEqual([true, false, false]);
  });
});

describe('the values that an argument accepts', () => {
  test.each<[string, z.ZodType, string]>([
    ['number', z.number(), 'a number'],
    ['number', z.number().min(1.5), 'a number of at least 1.5'],
    ['number', z.number().max(9), 'a number of at most 9'],
    ['number', z.number().positive(), 'a number above 0'],
    ['number', z.number().gt(0).lt(1), 'a number above 0 and below 1'],
    ['number', z.number().multipleOf(5), 'a number, a multiple of 5'],
    ['integer', z.int(), 'a whole number'],
    ['integer', z.int().min(1), 'a whole number of at least 1'],
    ['integer', z.int().min(1).max(65_535), 'a whole number from 1 to 65535'],
    ['string', z.string(), 'text'],
    ['string', z.string().min(1), 'text of at least 1 character'],
    ['string', z.string().min(1).max(8), 'text of 1 to 8 characters'],
    ['string', z.string().length(4), 'text of 4 characters'],
    ['string', text(8), 'text of at most 8 bytes'],
    ['string', text(8).min(1), 'text of 1 to 8 bytes'],
    ['string', z.string().regex(/^a+$/), 'text that matches ^a+$'],
    ['string', z.email(), 'text in the form of email'],
    ['string', z.enum(['a', 'b']), 'one of: a, b'],
    ['string', z.literal('only'), 'one of: only'],
    ['number', z.literal([1, 2]), 'one of: 1, 2'],
    ['boolean', z.boolean(), '--x or --no-x'],
    ['array', z.array(z.string()), 'any number of words'],
    ['array', z.array(z.string()).min(1), 'at least 1 word'],
    ['array', z.array(z.int().min(0)).max(3), 'at most 3 words, each a whole number of at least 0'],
    ['number', z.number().min(0).nullable(), 'a number of at least 0'],
    ['string', z.string().max(3).meta({ id: 'named-in-a-test' }), 'text of at most 3 characters'],
    ['number', z.number().default(1).meta({ unit: 'ms' }), 'a number (ms)'],
    ['string', z.unknown(), 'a value'],
    ['string', z.string().regex(/^a+$/).meta({ form: 'one a or more' }), 'one a or more'],
  ])('%s: %#', (type, schema, expectation) => {
    expect(parameterOf(schema)).toMatchObject({ type, expectation });
  });

  test('closed lists are recognised by their values, also for the words of an array', () => {
    expect(parameterOf(z.enum(['a', 'b']))?.enum).toEqual(['a', 'b']);
    expect(parameterOf(z.array(z.enum(['a', 'b'])))?.enum).toEqual(['a', 'b']);
    expect(parameterOf(z.string())).not.toHaveProperty('enum');
  });
});

describe('the usage of a command', () => {
  const common =
    '[--expires D] [--timeout D] [--wait D] [--as NAME] [--pick N] [--batch N|P%] [--max-failures N|P%] [--gather] [--dry-run]';

  test('names everything that a command takes: its own arguments, then the options of every command of its kind', () => {
    expect(usage(calculate)).toBe(`calculate SECONDS MESSAGE ${common}`);
    expect(usage(ping)).toBe(`ping ${common}`);
    expect(usage(start)).toBe('start [--wait D] [--as NAME] [--dry-run]');
    expect(usage(terminate)).toBe('terminate [--wait D] [--as NAME] [--dry-run] [--yes]');
  });

  test('a field of the contract replaces the duration with that name', () => {
    expect(usage(define({ timeout: z.number() }))).toBe(
      'try TIMEOUT [--expires D] [--wait D] [--as NAME] [--pick N] [--batch N|P%] [--max-failures N|P%] [--gather] [--dry-run]',
    );
  });

  test('brackets mark optional arguments, and booleans are given by name', () => {
    const contract = define({
      dry: z.boolean().default(false),
      a: z.string(),
      sure: z.boolean(),
      b: z.int().optional(),
    });
    expect(usage(contract)).toBe(`try A [B] [--dry] --[no-]sure ${common}`);
  });

  test('an array at the end takes the remaining words, so options precede it', () => {
    const args = z.array(z.string());
    expect(usage(define({ program: z.string(), args, loud: z.boolean().optional() }))).toBe(
      `try [--loud] ${common} PROGRAM [ARGS…]`,
    );
    expect(usage(define({ args: args.min(1) }))).toBe(`try ${common} ARGS…`);
  });

  test('many options become one word if space is short, except the one being typed', () => {
    expect(shortUsage(run)).toBe('run [options] PROGRAM [ARG]…');
    expect(shortUsage(calculate)).toBe('calculate SECONDS MESSAGE');
    const text = z.string().optional();
    const dry = z.boolean().optional();
    expect(shortUsage(define({ a: text, b: text.meta({ named: true }), c: text.meta({ named: true }), dry }))).toBe(
      'try [A] [options]',
    );
    const around = (option: string) => {
      const current = signature(run).find((parameter) => parameter.option === option);
      return current && usageAround(run, current);
    };
    expect(around('--cpus')).toEqual({ before: 'run [options] [--cpus ', current: 'N', after: '] PROGRAM [ARG]…' });
    expect(around('--argv')).toEqual({ before: 'run [options] ', current: 'PROGRAM [ARG]', after: '…' });
    const [seconds] = signature(calculate);
    expect(seconds && usageAround(calculate, seconds)).toEqual({
      before: 'calculate ',
      current: 'SECONDS',
      after: ' MESSAGE [options]',
    });
  });

  test('an array before others is given by name', () => {
    const contract = define({ tags: z.array(z.string()).min(1), name: z.string() });
    expect(usage(contract)).toBe(`try NAME --tags TAGS… ${common}`);
    expect(positionals(contract).map(({ name }) => name)).toEqual(['name']);
  });
});
