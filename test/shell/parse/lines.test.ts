import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLines } from '../../../src/shell/parse/lines.ts';
import { maxLineLength, parseLine } from '../../../src/shell/parse/parse.ts';

async function linesOf(...chunks: (Uint8Array | string)[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(from(chunks))) lines.push(line);
  return lines;
}

async function* from<T>(chunks: Iterable<T>): AsyncGenerator<T> {
  yield* chunks;
}

describe('lines of a stream', () => {
  test.each<[title: string, chunks: string[], lines: string[]]>([
    ['each ends with a line break', ['start\nping\n'], ['start', 'ping']],
    ['the last one needs none', ['start\nping'], ['start', 'ping']],
    ['empty ones count', ['\n\nping\n'], ['', '', 'ping']],
    ['a chunk can end anywhere', ['sta', 'rt\npi', 'n', 'g', '\n'], ['start', 'ping']],
    ['a stream of nothing has none', [], []],
    ['an empty chunk is nothing', ['', 'ping', '', '\n', ''], ['ping']],
  ])('%s', async (_, chunks, lines) => {
    expect(await linesOf(...chunks.map((chunk) => Buffer.from(chunk)))).toEqual(lines);
    expect(await linesOf(...chunks)).toEqual(lines);
  });

  test('a carriage return stays, and the parser removes it', async () => {
    const lines = await linesOf(Buffer.from('ping\r\n'));
    expect(lines).toEqual(['ping\r']);
    expect(lines.flatMap((line) => parseLine(line)).map(({ text }) => text)).toEqual(['ping']);
  });

  test('a byte order mark at the start is removed', async () => {
    expect(await linesOf(Buffer.from('\ufeffping\n'))).toEqual(['ping']);
  });

  test('any cut of any text gives its lines', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', ' ', 'ü', '日', '😀') });
    await fc.assert(
      fc.asyncProperty(text, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), async (whole, sizes) => {
        const bytes = Buffer.from(whole);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 1) {
          chunks.push(bytes.subarray(at, at + (sizes.next().value ?? 1)));
        }
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(...chunks)).toEqual(expected);
      }),
    );
  });
});

test('a line without an end is passed on as soon as it is too long, and its rest is dropped', async () => {
  async function* endless() {
    for (;;) yield Buffer.alloc(65_536);
  }
  const lines = readLines(endless());
  const first = await lines.next();
  expect(first.value).toHaveLength(maxLineLength + 1);
  await lines.return(undefined);
  const long = 'x'.repeat(maxLineLength);
  expect(await linesOf(long, long, long, 'y\nping\n', long)).toEqual([`${long}x`, 'ping', long]);
});

describe('bytes that are not UTF-8', () => {
  test.each([
    ['a stray byte', [0x61, 0xff, 0x0a], 'a\ufffd'],
    ['a sequence that the end cuts off', [0x61, 0xe2, 0x82], 'a\ufffd'],
    ['an overlong form', [0xc0, 0xaf, 0x0a], '\ufffd\ufffd'],
  ])('%s becomes U+FFFD, which the parser refuses', async (_, bytes, line) => {
    const lines = await linesOf(Buffer.from(bytes));
    expect(lines).toEqual([line]);
    expect(() => lines.map((one) => parseLine(one))).toThrow(/not valid UTF-8/);
  });
});

describe('a line over the limit', () => {
  const tooLong = 'x'.repeat(maxLineLength + 1);

  test('is cut to one character over the limit, and the next line is complete', async () => {
    const chunk = Buffer.from('x'.repeat(10_000));
    const chunks = [...Array.from({ length: 100 }, () => chunk), Buffer.from('\nping\n')];
    expect(await linesOf(...chunks)).toEqual([tooLong, 'ping']);
  });

  test('is refused by the parser in every position, and the others are not', async () => {
    const lines = await linesOf(Buffer.from(`ping\n${'y'.repeat(1_000_000)}\nping\n${'z'.repeat(1_000_000)}`));
    expect(lines.map((line) => line.length > maxLineLength)).toEqual([false, true, false, true]);
  });

  test('that is exactly at the limit is accepted', async () => {
    const longest = 'x'.repeat(maxLineLength);
    expect(await linesOf(`${longest}\n`)).toEqual([longest]);
  });
});

test('the next chunk is read when the lines of the previous one have been taken', async () => {
  let read = 0;
  const chunks = (function* () {
    for (const chunk of ['a\nb\n', 'c\n', 'd\n']) {
      read += 1;
      yield Buffer.from(chunk);
    }
  })();
  const lines = readLines(from(chunks));
  const seen: [string | undefined, number][] = [];
  for (let count = 0; count < 3; count += 1) seen.push([(await lines.next()).value ?? undefined, read]);
  expect(seen).toEqual([
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ]);
});
