import { SignalboxError } from '../../schemas/errors.ts';
import type { ErrorCode } from '../../schemas/index.ts';
import { printable } from '../host/printable.ts';

/** Columns of a line from 0 in UTF-16 units; `end` is the first one after. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface ShellErrorDetails {
  readonly line?: string | undefined;
  readonly at?: Span | undefined;
  /** What to type next: one line or several. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

const maxShownLine = 200;
const maxQuoted = 60;
// Carets align with characters only where each UTF-16 unit takes one column of the terminal.
const oneColumnEach = /^[\t -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f]*$/;

/** Cuts a text to 60 characters, enough to recognise it in a message. */
export function shorten(text: string): string {
  return text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted - 1).toWellFormed()}…`;
}

/** An error in a line: its position, and what to type next. */
export class ShellError extends SignalboxError {
  readonly line: string | undefined;
  readonly at: Span | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { line, at, hint, cause }: ShellErrorDetails = {}) {
    super(code, printable(message), cause === undefined ? {} : { cause });
    this.line = line;
    this.at = at && { start: at.start, end: at.end };
    this.hint = hint?.split('\n').map(printable).join('\n');
  }

  /** Text for people: the message, the line with the position marked, and the hint. */
  render(line = this.line): string {
    const rows = [this.message];
    if (line !== undefined && this.at !== undefined && line.length <= maxShownLine) {
      rows.push(...marked(line, this.at));
    }
    if (this.hint !== undefined) rows.push(this.hint);
    return rows.join('\n');
  }
}

function marked(line: string, { start, end }: Span): string[] {
  const shown = `  ${printable(line.replaceAll('\t', ' '))}`;
  if (!oneColumnEach.test(line)) return [shown];
  const width = Math.max(1, Math.min(end, line.length) - start);
  return [shown, `  ${' '.repeat(start)}${'^'.repeat(width)}`];
}
