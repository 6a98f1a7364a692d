// Over 250 lines: tables of lines and what they parse to, for the contracts made at the top.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { calculate } from '../../../schemas/commands/calculate.ts';
import { ping } from '../../../schemas/commands/ping.ts';
import { run as runProgram } from '../../../schemas/commands/run.ts';
import { type CommandContract, defineCommand, start } from '../../../schemas/index.ts';
import { parseArguments } from '../../../src/shell/parse/arguments.ts';
import { parseLine } from '../../../src/shell/parse/parse.ts';
import { ShellError } from '../../../src/shell/shell-error.ts';

const run = defineCommand({
  name: 'run',
  summary: 'Run a program.',
  args: z.strictObject({
    program: z.string().min(1),
    retries: z.int().min(0).max(9).optional(),
    loud: z.boolean().default(false),
    args: z.array(z.string()),
  }),
  result: z.null(),
  example: 'run ls 0 -l',
});

const tune = defineCommand({
  name: 'tune',
  summary: 'Set many things.',
  args: z
    .strictObject({
      tags: z.array(z.enum(['red', 'green'])).default([]),
      maxBytes: z.int().min(1),
      sure: z.boolean(),
      timeout: z.number().optional(),
      mail: z.email().optional(),
      even: z
        .number()
        .refine((value) => value % 2 === 0, 'it must be even')
        .optional(),
      values: z.array(z.number()).min(1),
    })
    .meta({ instead: { '-v': 'type --values' } }),
  result: z.null(),
  example: 'tune --sure 10 0.5 a@b.example 2 1.5',
});

const contracts = new Map<string, CommandContract>(
  [calculate, ping, start, run, tune].map((contract) => [contract.name, contract]),
);

function parse(line: string) {
  const [command, ...words] = parseLine(line)[0]?.words ?? [];
  const contract = contracts.get(command?.text ?? '');
  if (contract === undefined) throw new Error(`no contract for ${line}`);
  return parseArguments(contract, words);
}

function failure(line: string): ShellError {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof ShellError) return error;
    throw error;
  }
  throw new Error(`no error for ${line}`);
}

describe('arguments that fit', () => {
  test.each<[string, Record<string, unknown>]>([
    ['ping', {}],
    ['start', {}],
    ['calculate 10 hi', { seconds: 10, message: 'hi' }],
    ['calculate 2.5 "hello box"', { seconds: 2.5, message: 'hello box' }],
    ['calculate --seconds 1 --message hi', { seconds: 1, message: 'hi' }],
    ['calculate --message=hi --seconds=1', { seconds: 1, message: 'hi' }],
    ['calculate --message hi 1', { seconds: 1, message: 'hi' }],
    ['calculate --seconds 1 hi', { seconds: 1, message: 'hi' }],
    ['calculate 1 --message="a b"', { seconds: 1, message: 'a b' }],
    ['calculate 1 --message=', { seconds: 1, message: '' }],
    ['calculate 1 --message=a=b', { seconds: 1, message: 'a=b' }],
    ["calculate 1 ''", { seconds: 1, message: '' }],
    ['calculate 1 -5', { seconds: 1, message: '-5' }],
    ['calculate 1 -1.5e3', { seconds: 1, message: '-1.5e3' }],
    ['calculate 1 -', { seconds: 1, message: '-' }],
    ["calculate 1 '--message'", { seconds: 1, message: '--message' }],
    ['calculate 1 -- --message', { seconds: 1, message: '--message' }],
    ["calculate 1 --message '--x'", { seconds: 1, message: '--x' }],
    ['calculate +1e-2 x', { seconds: 0.01, message: 'x' }],
    ['calculate .5 x', { seconds: 0.5, message: 'x' }],
    ['calculate 2. x', { seconds: 2, message: 'x' }],
    ['run ls', { program: 'ls', args: [] }],
    ['run ls 3', { program: 'ls', retries: 3, args: [] }],
    ['run ls 3 a --loud -- -x', { program: 'ls', retries: 3, args: ['a', '--loud', '--', '-x'] }],
    ['run --loud ls 3 a', { program: 'ls', retries: 3, loud: true, args: ['a'] }],
    ['run ls --no-loud --retries 3 a', { program: 'ls', retries: 3, loud: false, args: ['a'] }],
    ['run ls 0 -- -l', { program: 'ls', retries: 0, args: ['-l'] }],
    ['run ls --args a --args=-b', { program: 'ls', args: ['a', '-b'] }],
    [
      'tune --sure 10 0.5 a@b.example 2 1 -2 3e1',
      {
        maxBytes: 10,
        sure: true,
        timeout: 0.5,
        mail: 'a@b.example',
        even: 2,
        values: [1, -2, 30],
      },
    ],
    [
      'tune --max-bytes 1 --tags red --no-sure --tags green --values 1',
      {
        tags: ['red', 'green'],
        maxBytes: 1,
        sure: false,
        values: [1],
      },
    ],
  ])('%s', (line, args) => {
    expect(parse(line)).toEqual({ args });
  });

  test('durations for expiry, deadline and waiting can be anywhere among the arguments', () => {
    expect(parse('calculate --expires 2m 1 --timeout=250ms hi')).toEqual({
      args: { seconds: 1, message: 'hi' },
      expiresInMs: 120_000,
      timeoutMs: 250,
    });
    expect(parse('ping --expires 0s')).toEqual({ args: {}, expiresInMs: 0 });
    expect(parse('ping --expires 10 --timeout 10 --wait 10')).toEqual(
      parse('ping --expires 10s --timeout 10s --wait 10s'),
    );
    expect(parse('ping --expires 365d')).toEqual({ args: {}, expiresInMs: 31_536_000_000 });
    expect(parse('ping --timeout 24d')).toEqual({ args: {}, timeoutMs: 2_073_600_000 });
  });

  test('and a number with a unit can be typed with or without the unit', () => {
    const seconds = ['10', '10s', '10000ms'].map((text) => parse(`calculate ${text} x`).args.seconds);
    expect(seconds).toEqual([10, 10, 10]);
    expect(parse('calculate 1.5m x').args.seconds).toBe(90);
    expect(parse('calculate 1000d x').args.seconds).toBe(86_400_000);
    const memories = ['512M', '512MiB', '536870912'].map((text) => {
      const [, ...words] = parseLine(`run --memory ${text} true`)[0]?.words ?? [];
      return parseArguments(runProgram, words).args.memory;
    });
    expect(memories).toEqual([536_870_912, 536_870_912, 536_870_912]);
    expect(parse('ping --wait 3s')).toEqual({ args: {}, waitMs: 3_000 });
  });

  test("a contract's own field of that name is an argument like any other", () => {
    const parsed = parse('tune --sure --max-bytes 1 --timeout 5 --values 1 --expires 1s');
    expect(parsed).toEqual({ args: { maxBytes: 1, sure: true, timeout: 5, values: [1] }, expiresInMs: 1_000 });
  });
});

test('--pick is a whole number from 1', () => {
  expect(parse('calculate 1 x --pick 3').pick).toBe(3);
  for (const given of ['0', '10001', 'all', '1.5']) {
    expect(failure(`calculate 1 x --pick ${given}`).message).toBe(
      `--pick must be a whole number from 1 to 10000, not '${given}'`,
    );
  }
});

test('-b is --gather', () => {
  const given = ['calculate 1 x -b', 'calculate -b 1 x', 'calculate 1 --gather x'].map((line) => parse(line).gathers);
  expect([...given, parse('calculate 1 x').gathers]).toEqual([true, true, true, undefined]);
});

describe('arguments that do not fit', () => {
  const seconds = 'SECONDS must be a number from 0 to 3155760000 (s), not';

  test.each<[string, string, string | undefined]>([
    ['calculate', 'SECONDS is missing: a number from 0 to 3155760000 (s)', undefined],
    ['calculate 10', 'MESSAGE is missing: text of at most 65536 bytes', undefined],
    ['calculate --message x', 'SECONDS is missing: a number from 0 to 3155760000 (s)', undefined],
    ['tune 5', 'SURE is missing: --sure or --no-sure', undefined],
    ['tune 5 --sure', 'VALUES is missing: at least 1 word, each a number', undefined],
    ['calculate 1 a b', "unexpected argument 'b' for calculate; quote text with spaces", 'b'],
    ['ping now', "unexpected argument 'now': ping takes no arguments", 'now'],
    ['start --now', 'start has no option --now; if it is text, quote it', '--now'],
    ['start --timeout 3s', 'start has no option --timeout; if it is text, quote it', '--timeout'],
    ['calculate ten x', `${seconds} 'ten'`, 'ten'],
    ["calculate '' x", `${seconds} ''`, "''"],
    ['calculate 0x10 x', `${seconds} '0x10'`, '0x10'],
    ['calculate Infinity x', `${seconds} 'Infinity'`, 'Infinity'],
    ['calculate 1e999 x', `${seconds} '1e999'`, '1e999'],
    ['calculate 1_000 x', `${seconds} '1_000'`, '1_000'],
    ['calculate -1 x', `${seconds} '-1'`, '-1'],
    ['calculate 3155760001 x', `${seconds} '3155760001'`, '3155760001'],
    ['calculate --seconds=-1 x', `${seconds} '-1'`, '--seconds=-1'],
    ['calculate 1 --mesage x', 'calculate has no option --mesage; did you mean --message?', '--mesage'],
    ['calculate 1 --time 3s x', 'calculate has no option --time; did you mean --timeout?', '--time'],
    ['calculate 1 -x', 'calculate has no option -x; if it is text, quote it', '-x'],
    ['tune 1 -v 3', 'tune has no option -v: type --values', '-v'],
    ['tune 1 -v=3', 'tune has no option -v: type --values', '-v=3'],
    ['tune 1 --constructor 3', 'tune has no option --constructor; if it is text, quote it', '--constructor'],
    ['calculate --seconds 1 --seconds 2 x', '--seconds is given twice', '--seconds'],
    ['calculate 1 --seconds 2', "--seconds is given twice: '1' already sets it", '--seconds'],
    ['run ls --loud --no-loud', '--loud is given twice', '--no-loud'],
    ['ping --timeout 1s --timeout 2s', '--timeout is given twice', '--timeout'],
    ['calculate 1 --message', '--message needs a value', '--message'],
    ['calculate --seconds --message x', '--seconds needs a value', '--seconds'],
    ['run ls --loud=yes', '--loud takes no value', '--loud=yes'],
    ['run ls 1.5', "RETRIES must be a whole number from 0 to 9, not '1.5'", '1.5'],
    ["run ''", "PROGRAM must be text of at least 1 character, not ''", "''"],
    ['tune 1 --sure --tags red --tags blue --values 1', "TAGS must be one of: red, green, not 'blue'", 'blue'],
    ['tune 1 --sure 1 a@b.example 2 1 x', "VALUES must be a number, not 'x'", 'x'],
    ['tune 1 --sure --even 3 --values 1', "EVEN must be a number, not '3': it must be even", '3'],
    [
      'tune 1 --sure --mail x --values 1',
      "MAIL must be text in the form of email, not 'x': Invalid email address",
      'x',
    ],
    ['ping --expires soon', "--expires must be a duration such as 250ms, 3s, 2m, 1h or 7d, not 'soon'", 'soon'],
    [
      'ping --timeout 0s',
      "--timeout must be a duration such as 250ms, 3s, 2m, 1h or 7d, from 1ms to 24d, not '0s'",
      '0s',
    ],
    [
      'ping --timeout 25d',
      "--timeout must be a duration such as 250ms, 3s, 2m, 1h or 7d, from 1ms to 24d, not '25d'",
      '25d',
    ],
  ])('%s: %s', (line, message, place) => {
    const error = failure(line);
    expect(error.code).toBe('bad_arguments');
    expect(error.message).toBe(message);
    expect(error.at && line.slice(error.at.start, error.at.end)).toBe(place);
  });

  test('the last of repeated words is marked', () => {
    expect(failure('calculate --seconds 1 --seconds 2 x').at).toEqual({ start: 22, end: 31 });
  });

  test('the hint shows the usage and an example', () => {
    expect(failure('calculate').hint).toBe(
      'usage: calculate SECONDS MESSAGE [--expires D] [--timeout D] [--wait D] [--as NAME] [--pick N] [--batch N|P%] [--max-failures N|P%] [--gather] [--dry-run]\nexample: calculate 2.5 "hello box"',
    );
    expect(failure('start now').hint).toBe('usage: start [--wait D] [--as NAME] [--dry-run]\nexample: start');
  });

  test('many options are left to help', () => {
    const names = Array.from({ length: 20 }, (_, index) => `option${index}`);
    const text = z.string().optional().meta({ named: true });
    const wide = defineCommand({
      name: 'wide',
      summary: 'Take many options.',
      args: z.strictObject({ ...Object.fromEntries(names.map((name) => [name, text])), word: z.string() }),
      result: z.null(),
      example: 'wide x',
    });
    expect(() => parseArguments(wide, [])).toThrow(
      expect.objectContaining({ hint: 'usage: wide WORD [options]\noptions: help wide\nexample: wide x' }),
    );
  });

  test('a long value is shortened to 60 characters', () => {
    expect(failure(`calculate ${'9'.repeat(500)} x`).message).toContain(`not '${'9'.repeat(59)}…'`);
    expect(failure(`calculate ${'x'.repeat(60)} x`).message).toContain(`not '${'x'.repeat(60)}'`);
  });

  test('a rule about several fields is reported in its own words', () => {
    const contract = defineCommand({
      name: 'range',
      summary: 'A range.',
      args: z.strictObject({ from: z.int(), to: z.int() }).refine(({ from, to }) => from <= to, 'from is after to'),
      result: z.null(),
      example: 'range 1 2',
    });
    const words = parseLine('2 1')[0]?.words ?? [];
    expect(() => parseArguments(contract, words)).toThrow(
      expect.objectContaining({ code: 'bad_arguments', message: 'from is after to', at: undefined }),
    );
  });
});

describe('for any arguments of calculate', () => {
  const seconds = fc.double({ min: 0, max: 3_155_760_000, noNaN: true });
  const message = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}\ufffd]/u.test(text));
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

  test('typed values are sent unchanged, by position and by name', () => {
    fc.assert(
      fc.property(seconds, message, (number, text) => {
        const args = { seconds: number, message: text };
        expect(parse(`calculate ${number} ${quote(text)}`).args).toEqual(args);
        expect(parse(`calculate --message ${quote(text)} --seconds=${number}`).args).toEqual(args);
        expect(parse(`calculate --message=${quote(text)} ${number}`).args).toEqual(args);
      }),
    );
  });

  test('any words are either arguments that fit the contract or a ShellError with a place in the line', () => {
    const word = fc.constantFrom(
      '1',
      '-1',
      'x',
      '--',
      '--seconds',
      '--message=a',
      '--expires',
      '3s',
      '-z',
      "'--q'",
      "''",
    );
    fc.assert(
      fc.property(fc.constantFrom('calculate', 'run', 'tune', 'ping', 'start'), fc.array(word), (name, words) => {
        const line = [name, ...words].join(' ');
        try {
          expect(contracts.get(name)?.args.safeParse(parse(line).args).success).toBe(true);
        } catch (error) {
          if (!(error instanceof ShellError)) throw error;
          expect(error.code).toBe('bad_arguments');
          expect(error.at?.end ?? 0).toBeLessThanOrEqual(line.length);
        }
      }),
    );
  });
});
