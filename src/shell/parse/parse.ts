import { printable } from '../../host/printable.ts';
import type { Statement, Word } from '../../plugin/statement.ts';
import { parseTarget } from '../../target.ts';
import { ShellError, type Span, shorten } from '../shell-error.ts';

// [@target] command [arguments] [--option value] [; …]      # comment
// Splits text into words with the quoting of a POSIX shell, but without variables or expansion. Words are not
// interpreted here.

export const maxLineLength = 65_536;

const forbidden = /[\p{Cs}\ufffd[\p{Cc}--[\t]]]/v;
// Plain text, '…', "…" or \x. Inside "…" each step is decided by its first character, so an open quote costs one pass.
const piece = /([^ \t;'"\\]+)|'([^']*)'|"([^"\\]*(?:\\.[^"\\]*)*)"|\\(.)/sy;
const optionWithValue = /^--[a-z][a-z0-9-]{0,62}=/i;

/**
 * The statements of one line; none for an empty line or a comment.
 * @throws ShellError `bad_usage`
 */
export function parseLine(text: string): Statement[] {
  if (text.length > maxLineLength) {
    throw new ShellError('bad_usage', `the line is longer than ${maxLineLength} characters`);
  }
  const line = text.endsWith('\r') ? text.slice(0, -1) : text;
  checkCharacters(line);

  const statements: Statement[] = [];
  let words: Word[] = [];
  const endStatement = () => {
    const [first, ...rest] = words;
    if (first !== undefined) statements.push(toStatement(line, first, rest));
    words = [];
  };
  let at = 0;
  while (at < line.length && line.charAt(at) !== '#') {
    if (line.charAt(at) === ';') endStatement();
    if (isSeparator(line.charAt(at))) {
      at += 1;
    } else {
      const word = readWord(line, at);
      words.push(word);
      at = word.end;
    }
  }
  endStatement();
  return statements;
}

function checkCharacters(line: string): void {
  const start = line.search(forbidden);
  if (start === -1) return;
  const char = line.charAt(start);
  const column = start + 1;
  const message = /[\p{Cs}\ufffd]/u.test(char)
    ? `the line is not valid UTF-8 at column ${column}`
    : `the line contains the control character ${printable(char)} at column ${column}`;
  throw usageError(line, message, { start, end: start + 1 });
}

function isSeparator(char: string): boolean {
  return char === ' ' || char === '\t' || char === ';';
}

function readWord(line: string, start: number): Word {
  let text = '';
  let quoted = false;
  let end = start;
  while (end < line.length && !isSeparator(line.charAt(end))) {
    piece.lastIndex = end;
    const match = piece.exec(line);
    if (match === null) throw unfinished(line, end);
    const [whole, plain, single, double, escaped] = match;
    if (plain === undefined) quoted ||= !optionWithValue.test(text);
    text += plain ?? single ?? escaped ?? double?.replace(/\\(["\\$`])/g, '$1') ?? '';
    end += whole.length;
  }
  return { text, quoted, start, end };
}

function unfinished(line: string, start: number): ShellError {
  const char = line.charAt(start);
  const at = { start, end: start + 1 };
  if (char === '\\') {
    return usageError(
      line,
      'the backslash at the end of the line has nothing to escape',
      at,
      'for a backslash, type \\\\',
    );
  }
  const hint =
    char === "'"
      ? `close it with ', or type it as \\' or inside "…"`
      : `close it with ", or type it as \\" or inside '…'`;
  return usageError(line, `the quote ${char} at column ${start + 1} is not closed`, at, hint);
}

function toStatement(line: string, first: Word, rest: Word[]): Statement {
  const { start } = first;
  const end = rest.at(-1)?.end ?? first.end;
  const text = line.slice(start, end);
  if (line.charAt(start) !== '@') return { targets: undefined, words: [first, ...rest], text, start, end };
  const { target, words } = wholeTarget(first, rest);
  const targets = targetsOf(target, line);
  if (words.length === 0) {
    const shown = shorten(target.text);
    throw usageError(line, `${shown} is a target without a command`, target, `add a command: ${shown} ping`);
  }
  return { targets, words, text, start, end };
}

/** A target continues after a comma and a space, so that names can be pasted from the output: `db, web[1-3]`. */
function wholeTarget(first: Word, rest: readonly Word[]): { target: Word; words: readonly Word[] } {
  const parts = [first];
  while (parts.at(-1)?.text.endsWith(',') && parts.length <= rest.length) parts.push(rest[parts.length - 1] ?? first);
  const [last = first] = parts.slice(-1);
  const text = parts.map((part) => part.text).join('');
  // An error in a target of several words marks the whole target.
  const quoted = parts.length > 1 || first.quoted;
  return { target: { text, quoted, start: first.start, end: last.end }, words: rest.slice(parts.length - 1) };
}

/** The parts of a target, from a word that may begin with `@`. @throws ShellError `bad_usage` */
export function targetsOf(word: Word, line?: string): string[] {
  const from = word.text.startsWith('@') ? 1 : 0;
  const parsed = parseTarget(word.text.slice(from));
  if (!('message' in parsed)) return parsed.map(({ text }) => text);
  const { message, hint, start, end } = parsed;
  const first = word.start + from;
  const at = word.quoted || start === end ? word : { start: first + start, end: first + end };
  throw new ShellError('bad_usage', message, { line, at, hint });
}

function usageError(line: string, message: string, { start, end }: Span, hint?: string): ShellError {
  return new ShellError('bad_usage', message, { line, at: { start, end }, hint });
}
