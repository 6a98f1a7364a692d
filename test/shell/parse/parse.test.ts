import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxLineLength, parseLine } from '../../../src/shell/parse/parse.ts';
import { ShellError } from '../../../src/shell/shell-error.ts';

const texts = (line: string) => parseLine(line).map(({ words }) => words.map(({ text }) => text));

function failure(line: string): ShellError {
  try {
    parseLine(line);
  } catch (error) {
    if (error instanceof ShellError) return error;
    throw error;
  }
  throw new Error(`no error for ${line}`);
}

describe('words', () => {
  test.each<[string, string[][]]>([
    ['', []],
    ['  \t ', []],
    ['# only a comment', []],
    ['\r', []],
    ['ping', [['ping']]],
    ['ping\r', [['ping']]],
    ['  calculate\t10   hi ', [['calculate', '10', 'hi']]],
    [`calculate 1 'it is "so" \\n'`, [['calculate', '1', 'it is "so" \\n']]],
    ['calculate 1 "a \\"b\\" \\\\ \\n $x"', [['calculate', '1', 'a "b" \\ \\n $x']]],
    ['calculate 1 a\\ b', [['calculate', '1', 'a b']]],
    [`a"b c"'d e'\\'f`, [[`ab cd e'f`]]],
    [`say '' ""`, [['say', '', '']]],
    ['say \\😀😀', [['say', '😀😀']]],
  ])('%j is read as %j', (line, expected) => {
    expect(texts(line)).toEqual(expected);
  });

  test('a comment starts only where a word could start', () => {
    expect(texts('ping a#b #c; stop')).toEqual([['ping', 'a#b']]);
    expect(texts("ping '#a' \\#b 'x'#y ;#z")).toEqual([['ping', '#a', '#b', 'x#y']]);
  });

  test('a semicolon separates statements with or without spaces, and empty ones are skipped', () => {
    expect(texts(';;start;ping ; ; stop;')).toEqual([['start'], ['ping'], ['stop']]);
    expect(texts(`a ';' \\; "x;y"`)).toEqual([['a', ';', ';', 'x;y']]);
  });

  test('a backslash in double quotes escapes the same characters as in a Unix shell', () => {
    expect(texts(String.raw`sh "\$HOME \`date\` \"q\" \\ \n" '\$' \$ $`)).toEqual([
      ['sh', String.raw`$HOME ${'`date`'} "q" \ \n`, String.raw`\$`, '$', '$'],
    ]);
  });

  test('words and statements have their positions', () => {
    const line = '  start ;  @w1 say "a b"x  # end';
    const [first, second] = parseLine(line);
    expect(first).toMatchObject({ text: 'start', start: 2, end: 7, targets: undefined });
    expect(second).toMatchObject({ text: '@w1 say "a b"x', start: 11, end: 25, targets: ['w1'] });
    expect(second?.words).toEqual([
      { text: 'say', quoted: false, start: 15, end: 18 },
      { text: 'a bx', quoted: true, start: 19, end: 25 },
    ]);
  });

  test.each([
    ['--x', false],
    [`'--x'`, true],
    ['\\--x', true],
    ['--x"y"', true],
    ['--x="a b"', false],
    [`--"x"='a'`, true],
    ['a"b"', true],
  ])('%j is quoted: %j', (word, quoted) => {
    expect(parseLine(`say ${word}`)[0]?.words[1]?.quoted).toBe(quoted);
  });
});

describe('targets', () => {
  test.each<[string, string[]]>([
    ['@w1 ping', ['w1']],
    ['@all ping', ['all']],
    ['@w1,db-*,x[0-9]?.a_b ping', ['w1', 'db-*', 'x[0-9]?.a_b']],
    ['@[!a]* ping', ['[!a]*']],
    ['@w[1-3,7],db ping', ['w[1-3,7]', 'db']],
    ['@db, w[1-3,7], x1 ping', ['db', 'w[1-3,7]', 'x1']],
    ['@web-*+env=prod,!web-7 ping', ['web-*+env=prod', '!web-7']],
    ['@w"1" ping', ['w1']],
  ])('%j names %j', (line, targets) => {
    const [statement] = parseLine(line);
    expect(statement?.targets).toEqual(targets);
    expect(statement?.words.map(({ text }) => text)).toEqual(['ping']);
  });

  test('each statement has its own, and only its first word can be one', () => {
    expect(parseLine('@a ping; say @b').map(({ targets }) => targets)).toEqual([['a'], undefined]);
  });

  test('a quoted @ starts a command', () => {
    expect(parseLine(`'@a' x`)[0]).toMatchObject({ targets: undefined, words: [{ text: '@a' }, { text: 'x' }] });
    expect(parseLine('\\@a x')[0]?.targets).toBeUndefined();
  });

  test.each([
    ['@ ping', 0, 1, 'empty'],
    ['@a,,b ping', 0, 5, 'empty'],
    ['@a, b', 0, 5, 'without a command'],
    ['@a,', 0, 3, 'empty'],
    ['@a, ; ping', 0, 3, 'empty'],
    ['@a, B ping', 0, 5, "'B'"],
    ['ping; @a,W1 ping', 9, 11, "'W'"],
    [`@a,'b c' ping`, 0, 8, "' '"],
    ['@a/b ping', 1, 4, "'/'"],
    ['@a,b+!c ping', 5, 7, 'must follow a comma'],
    ['@a,w[1,x],b ping', 3, 9, 'comma in [1,x]'],
    ['@a+ ping', 0, 3, 'empty'],
    ['@w1', 0, 3, 'without a command'],
    ['@w1; ping', 0, 3, 'without a command'],
    ['@w1 # ping', 0, 3, 'without a command'],
  ])('%j is refused at columns %i to %i', (line, start, end, reason) => {
    const error = failure(line);
    expect(error.code).toBe('bad_usage');
    expect(error.at).toEqual({ start, end });
    expect(error.message).toContain(reason);
    expect(error.hint).toBeDefined();
  });
});

describe('lines that cannot be read', () => {
  test.each([
    ["say 'abc", 4, 'quote '],
    ['say a"b\\"', 5, 'quote "'],
    ['say abc\\', 7, 'backslash'],
    ['say a\0b', 5, '\\x00 at column 6'],
    ['say \x1b[2J', 4, '\\x1b at column 5'],
    ['a\nb', 1, '\\x0a at column 2'],
    ['a\rb', 1, '\\x0d at column 2'],
    ['a\x7f', 1, '\\x7f at column 2'],
    ['# \x9b', 2, '\\x9b at column 3'],
    ['say �', 4, 'not valid UTF-8'],
    ['say \ud800', 4, 'not valid UTF-8'],
  ])('%j is refused at column %i', (line, start, reason) => {
    const error = failure(line);
    expect(error.code).toBe('bad_usage');
    expect(error.at).toEqual({ start, end: start + 1 });
    expect(error.message).toContain(reason);
    expect(error.line).toBe(line);
  });

  test('a line has at most 65,536 characters, and a longer one is not echoed', () => {
    expect(texts('a'.repeat(maxLineLength))[0]?.[0]?.length).toBe(65_536);
    const error = failure(`${'\0'.repeat(maxLineLength)}x`);
    expect(error).toMatchObject({ code: 'bad_usage', line: undefined, at: undefined });
    expect(error.render()).toBe('the line is longer than 65536 characters');
  });

  test.each([
    ['escapes in quotes', `"${'\\"'.repeat(32_767)}"`, 32_767],
    ['pieces of quotes', `--a=${"''".repeat(32_766)}`, 4],
    ['statements', 'a;'.repeat(32_768), 1],
  ])('the longest line of %s is read like any other', (_, line, length) => {
    expect(texts(line)[0]?.[0]?.length).toBe(length);
  });
});

describe('for any text', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Cs}\ufffd]/u.test(text));
  const quotings = [
    (text: string) => `'${text.replaceAll("'", `'\\''`)}'`,
    (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`,
    (text: string) => (text === '' ? "''" : text.replace(/./gsu, '\\$&')),
  ];

  test('quoted words survive parsing', () => {
    const words = fc.array(fc.tuple(word, fc.constantFrom(...quotings)), { minLength: 1 });
    fc.assert(
      fc.property(words, (pairs) => {
        const line = pairs.map(([text, quote]) => quote(text)).join(' ');
        fc.pre(line.length <= maxLineLength);
        expect(texts(line)).toEqual([pairs.map(([text]) => text)]);
      }),
    );
  });

  test('spans cut the words and statements out of the line', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', ';', '#', "'", '"', '\\', '@', ',', '\t', '-', '=') });
    fc.assert(
      fc.property(line, (text) => {
        try {
          for (const statement of parseLine(text)) {
            expect(text.slice(statement.start, statement.end)).toBe(statement.text);
            for (const { start, end, text: value } of statement.words) {
              expect(texts(`x ${text.slice(start, end)}`)).toEqual([['x', value]]);
            }
          }
        } catch (error) {
          if (!(error instanceof ShellError)) throw error;
        }
      }),
    );
  });

  test('the only exception is a ShellError whose place is in the line', () => {
    const pieces = fc.constantFrom(
      '@',
      'a',
      ',',
      "'",
      '"',
      '\\',
      ';',
      '#',
      ' ',
      '\0',
      '\r',
      '\ud800',
      '�',
      '😀',
      '\x1b',
    );
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: pieces }));
    fc.assert(
      fc.property(any, (text) => {
        try {
          parseLine(text);
        } catch (error) {
          if (!(error instanceof ShellError)) throw error;
          expect(error.code).toBe('bad_usage');
          expect(error.at?.start).toBeLessThan(text.length);
          expect(error.render()).not.toMatch(/[^\P{Cc}\n]/u);
        }
      }),
    );
  });
});
