import { printable } from '../../host/printable.ts';
import { clip, widthOf, windowOf } from '../output/text-width.ts';
import type { Candidate } from './candidate.ts';
import type { Frame } from './frame.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

/** The data of a frame. */
export interface PromptState {
  readonly line: string;
  /** In UTF-16 units. */
  readonly cursor: number;
  /** The rest of a history line that begins with this line. */
  readonly ghost: string;
  readonly hint: Hint;
  readonly menu: { readonly candidates: readonly Candidate[]; readonly chosen: number } | undefined;
  /** The search in the history, and its match. */
  readonly search: { readonly found: string | undefined } | undefined;
  /** Target of commands that name none; empty for every client. */
  readonly target: string;
  readonly status: {
    /** Numbers of clients; absent until they are known. */
    readonly ready?: number;
    readonly online?: number;
    readonly running: number;
    readonly insecure: boolean;
  };
  /** Whether a line is running that the next ones wait for. */
  readonly isWaiting: boolean;
  /** That line, once it takes long. */
  readonly waitsFor: string | undefined;
}

const maxMenuRows = 8;
const maxLiveRows = 10;

/**
 * The frame for a state: rows of jobs, the line, and below it completion, search or hint. No row is wider than `columns
 * - 1`.
 */
export function viewOf(
  state: PromptState,
  live: (rows: number) => readonly string[],
  size: { readonly columns: number; readonly rows: number },
  style: Style,
): Frame {
  const { columns } = size;
  const below = belowOf(state, columns - 1, Math.min(maxMenuRows, Math.floor(size.rows / 2)), style);
  const { row, column } = lineOf(state, columns - 1, style);
  // Leave at least half of the screen for output.
  const above = live(Math.min(maxLiveRows, Math.floor((size.rows - 1 - below.length) / 2)));
  return { rows: [...above, row, ...below], cursorRow: above.length, cursorColumn: column };
}

function lineOf(state: PromptState, columns: number, style: Style): { row: string; column: number } {
  const { cursor, search } = state;
  const [line, ghost] = [harmless(state.line), harmless(state.ghost)];
  const head = headOf(state, columns);
  const room = columns - widthOf(head);
  const shown = windowOf(line, cursor, room);
  const painted = style(search ? 'yellow' : 'bold', head) + shown.text;
  const used = widthOf(head) + widthOf(shown.text);
  const column = Math.min(widthOf(head) + shown.column, columns);
  // Without colour, a ghost would look like typed text.
  const isPlain = style('dim', 'x') === 'x';
  const rest = isPlain || search || cursor < line.length ? '' : clip(ghost, columns - used);
  const status = statusOf(state.status);
  const gap = columns - used - widthOf(rest) - widthOf(status);
  const right = gap >= 2 ? ' '.repeat(gap) + style('dim', status) : '';
  return { row: `${painted}${style('dim', rest)}${right}`, column };
}

/** Replaces characters that a terminal would interpret, as in a paste, by one of the same length and width. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd');

function headOf({ target, search, isWaiting }: PromptState, columns: number): string {
  if (search) return 'search> ';
  const name = columns < 40 ? '' : 'signalbox ';
  const shown = target === '' ? '' : `@${clip(target, Math.max(4, Math.floor(columns / 4)))} `;
  return `${`${name}${shown}`.trimEnd()}${isWaiting ? '…' : ''}> `;
}

function statusOf({ ready, online, running, insecure }: PromptState['status']): string {
  const parts = insecure ? ['insecure'] : [];
  if (online === undefined) parts.push('…');
  else parts.push(online === 0 ? 'no clients' : `${ready}/${online} ready`);
  if (running > 0) parts.push(`${running} ${running === 1 ? 'job' : 'jobs'}`);
  return parts.join(' · ');
}

function belowOf(state: PromptState, columns: number, maxRows: number, style: Style): string[] {
  const { search, menu, hint } = state;
  if (search) {
    const found = search.found ?? (state.line === '' ? 'type part of an earlier line' : 'nothing found');
    return [
      clip(`  ${harmless(found)}`, columns),
      clip(style('dim', '  Enter runs it · Tab edits it · Ctrl-R older · Esc cancels'), columns),
    ];
  }
  if (menu) return menuRows(menu, columns, maxRows, style);
  // On a line that is not empty, Ctrl-C clears the line first.
  if (state.waitsFor !== undefined && state.line === '') {
    return [clip(style('dim', `  Ctrl-C ends: ${printable(state.waitsFor)}`), columns)];
  }
  const rows: string[] = [];
  if (hint.problem !== undefined) rows.push(clip(style('red', `  ✗ ${hint.problem}`), columns));
  if (hint.usage) {
    const { before, current, after, about } = hint.usage;
    const marked = current === '' ? '' : style(['bold', 'underline'], `‹${current}›`);
    rows.push(clip(`  ${style('dim', before)}${marked}${style('dim', after)}  ${style('dim', about)}`, columns));
  }
  return rows;
}

function menuRows(
  { candidates, chosen }: NonNullable<PromptState['menu']>,
  columns: number,
  maxRows: number,
  style: Style,
) {
  const rows = Math.max(1, maxRows - (candidates.length > maxRows ? 1 : 0));
  const first = Math.min(Math.max(0, chosen - rows + 1), Math.max(0, candidates.length - rows));
  const page = candidates.slice(first, first + rows);
  const width = Math.max(...page.map(({ text }) => widthOf(text)));
  const lines = page.map(({ text, about }, index) => {
    const isChosen = first + index === chosen;
    const name = text + ' '.repeat(width - widthOf(text));
    return clip(`${isChosen ? '> ' : '  '}${isChosen ? style('bold', name) : name}  ${style('dim', about)}`, columns);
  });
  const hidden = candidates.length - page.length;
  return hidden === 0 ? lines : [...lines, clip(style('dim', `  … and ${hidden} more`), columns)];
}
