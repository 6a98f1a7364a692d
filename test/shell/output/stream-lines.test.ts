import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamLines } from '../../../src/shell/output/stream-lines.ts';

/** `…` marks the continuation of an earlier part; `<` marks the visible part of the unfinished line. */
function shown(...pieces: (string | Uint8Array)[]): string[] {
  const lines = new StreamLines();
  const all = pieces.flatMap((piece) => (piece === '<' ? lines.takeUnfinished() : lines.push(Buffer.from(piece))));
  return [...all, ...lines.end()].map(({ text, continues }) => `${continues ? '…' : ''}${text}`);
}

describe('a stream as lines', () => {
  test.each<[title: string, pieces: string[], lines: string[]]>([
    ['lines that have ended', ['a\nb\r\n\nc\n'], ['a', 'b', '', 'c']],
    ['the rest at the end', ['a\nb'], ['a', 'b']],
    ['a line in pieces', ['a', 'b', '\r', '\nc'], ['ab', 'c']],
    ['a question, and what follows it', ['name? ', '<', 'Ann\nok\n'], ['name? ', '…Ann', 'ok']],
    ['nothing for the end of a line that has been shown', ['name? ', '<', '\nok\n'], ['name? ', 'ok']],
    ['nothing twice', ['a', '<', '<', 'b', '<', '<', 'c\n'], ['a', '…b', '…c']],
    ['the last state of a line that is rewritten', ['1 %\r2 %\r3 %\n'], ['3 %']],
    ['the state before a carriage return at the end', ['1 %\r', '2 %\r'], ['2 %']],
    ['each state that was asked for', ['1 %', '<', '\r2 %\r', '<', '3 %\n'], ['1 %', '2 %', '3 %']],
    ['no state twice', ['1 %\r', '<', '<', '\n', 'x\n'], ['1 %', 'x']],
    ['a new line after a rewritten one', ['1 %\r2 %\nab', '<', 'c\n'], ['2 %', 'ab', '…c']],
    ['line breaks of three bytes', ['a\r\r\nb\n'], ['a', 'b']],
    ['a byte-order mark', ['\ufeffa\n'], ['\ufeffa']],
  ])('shows %s', (_, pieces, lines) => {
    expect(shown(...pieces)).toEqual(lines);
  });

  test('a character is shown when it is complete', () => {
    const bytes = Buffer.from('€\n');
    expect(shown(bytes.subarray(0, 1), '<', bytes.subarray(1))).toEqual(['€']);
  });

  test('a line of 300,000 characters comes in parts, and each part after the first is marked as a continuation', () => {
    const text = 'a😀b'.repeat(75_000);
    const lines = shown(`${text.slice(0, 100_001)}`, `${text.slice(100_001)}\nnext\n`);
    expect(lines.slice(0, -1).map((line) => line.startsWith('…'))).toEqual([false, true, true, true, true]);
    expect(lines.join('').replaceAll('…', '')).toBe(`${text}next`);
    expect(lines.every((line) => line.isWellFormed())).toBe(true);
  });

  test('text without carriage returns is complete, for any pieces and any number of looks at it', () => {
    const piece = fc.oneof(fc.constant('<'), fc.string({ unit: fc.constantFrom('a', 'ö', ' ', '\n') }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const lines = pieces
          .filter((one) => one !== '<')
          .join('')
          .split('\n');
        if (lines.at(-1) === '') lines.pop();
        const joined: string[] = [];
        for (const line of shown(...pieces)) {
          if (line.startsWith('…')) joined.push(`${joined.pop()}${line.slice(1)}`);
          else joined.push(line);
        }
        expect(joined).toEqual(lines);
      }),
    );
  });
});
