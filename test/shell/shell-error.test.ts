import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/shell/parse/parse.ts';
import { ShellError } from '../../src/shell/shell-error.ts';

function failure(line: string): ShellError {
  try {
    parseLine(line);
  } catch (error) {
    if (error instanceof ShellError) return error;
    throw error;
  }
  throw new Error(`no error for ${line}`);
}

describe('an error as text', () => {
  test('the place is marked in the line, and the hint follows', () => {
    expect(failure("\tsay 'abc").render()).toBe(
      [
        "the quote ' at column 6 is not closed",
        "   say 'abc",
        '       ^',
        `close it with ', or type it as \\' or inside "…"`,
      ].join('\n'),
    );
  });

  test('a line with wide or hidden characters is shown without a mark', () => {
    expect(failure('say 日本 "').render().split('\n').slice(1, -1)).toEqual(['  say 日本 "']);
    expect(failure('say \x1b[2J').render()).toBe(
      'the line contains the control character \\x1b at column 5\n  say \\x1b[2J',
    );
  });

  test('a line over 200 characters is not shown', () => {
    expect(
      failure(`say '${'x'.repeat(195)}`)
        .render()
        .split('\n'),
    ).toHaveLength(4);
    expect(
      failure(`say '${'x'.repeat(196)}`)
        .render()
        .split('\n'),
    ).toHaveLength(2);
  });

  test('text from the line cannot move the cursor or reverse the text around it', () => {
    const error = new ShellError('no_such_target', 'no \x1b[1m\u202e\u2028 here', { hint: 'type\x07\nping' });
    expect(error.message).toBe('no \\x1b[1m\\u202e\\u2028 here');
    expect(error.hint).toBe('type\\x07\nping');
    expect(error.toWire()).toEqual({ code: 'no_such_target', message: error.message });
  });

  test('the line can be given later', () => {
    const error = new ShellError('unknown_command', 'no command pong', { at: { start: 1, end: 5 } });
    expect(error.render()).toBe('no command pong');
    expect(error.render(' pong')).toBe('no command pong\n   pong\n   ^^^^');
  });
});
