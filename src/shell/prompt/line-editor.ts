import type { Interface } from 'node:readline';
import type { Candidate } from './candidate.ts';
import type { Completion } from './complete.ts';
import type { History } from './history.ts';

/** A key as readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

interface Typed {
  readonly line: string;
  readonly cursor: number;
}

/**
 * Handles keys beyond readline's own editing. It has three modes: typing; a menu, from Tab until any other key; a search,
 * from Ctrl-R until Enter, Tab or Esc. Readline has handled each key before it arrives here.
 */
export class LineEditor {
  menu: { readonly candidates: readonly Candidate[]; readonly chosen: number } | undefined;
  search: { readonly found: string | undefined } | undefined;
  private readonly rl: Interface;
  private readonly history: History;
  private readonly complete: (line: string) => Completion;
  /** The line before the current key. */
  private before: Typed;
  /** Position of Up and Down in the history, and the line typed before the first of them. */
  private browsing: { readonly index: number; readonly prefix: string } | undefined;
  private searchIndex = 0;
  /** The line that the search and the menu return to. */
  private kept: Typed = { line: '', cursor: 0 };

  constructor(rl: Interface, history: History, complete: (line: string) => Completion) {
    this.rl = rl;
    this.history = history;
    this.complete = complete;
    this.before = { line: rl.line, cursor: rl.cursor };
  }

  get line(): string {
    return this.rl.line;
  }

  get cursor(): number {
    return this.rl.cursor;
  }

  /** The text that Right would add at the end of the line. */
  get ghost(): string {
    return this.search || this.menu || this.cursor < this.line.length ? '' : this.history.suggest(this.line);
  }

  set(line: string, cursor = line.length): void {
    this.rl.write(null, { ctrl: true, name: 'e' });
    this.rl.write(null, { ctrl: true, name: 'u' });
    if (line !== '') this.rl.write(line);
    while (this.rl.cursor > cursor) this.rl.write(null, { name: 'left' });
    this.before = { line: this.rl.line, cursor: this.rl.cursor };
  }

  /** Handles Enter on `text`. @returns the line to run. */
  entered(text: string): string {
    const line = this.search ? (this.search.found ?? '') : text;
    this.menu = undefined;
    this.search = undefined;
    this.browsing = undefined;
    this.before = { line: '', cursor: 0 };
    this.history.add(line);
    return line;
  }

  /** Clears the line. @returns whether there was a line or a search. */
  leave(): boolean {
    const wasBusy = this.line !== '' || this.search !== undefined;
    this.menu = undefined;
    this.search = undefined;
    this.browsing = undefined;
    this.set('');
    return wasBusy;
  }

  key(key: Key): void {
    if (this.search) this.searchKey(key);
    else this.typingKey(key);
    this.before = { line: this.line, cursor: this.cursor };
  }

  private typingKey({ name, ctrl, shift }: Key): void {
    if (name === 'tab') {
      this.tab(shift ? -1 : 1);
      return;
    }
    if (name === 'escape' && this.menu) this.set(this.kept.line, this.kept.cursor);
    this.menu = undefined;
    if (name === 'up' || name === 'down' || (ctrl && (name === 'p' || name === 'n'))) {
      this.browse(name === 'up' || name === 'p' ? -1 : 1);
      return;
    }
    this.browsing = undefined;
    if (ctrl && name === 'r') {
      this.kept = this.before;
      this.search = { found: undefined };
      this.searchIndex = this.history.length;
      this.set('');
    } else if (name === 'right' || name === 'end' || (ctrl && (name === 'e' || name === 'f'))) {
      const wasAtEnd = this.before.cursor === this.before.line.length;
      if (wasAtEnd && this.before.line === this.line) this.set(this.line + this.ghost);
    }
  }

  private searchKey({ name, ctrl }: Key): void {
    if (name === 'escape' || (ctrl && name === 'g')) {
      this.search = undefined;
      this.set(this.kept.line, this.kept.cursor);
      return;
    }
    if (name === 'tab' || name === 'right') {
      const { found } = this.search ?? {};
      this.search = undefined;
      this.set(found ?? this.kept.line);
      return;
    }
    const isOlder = (ctrl && name === 'r') || name === 'up';
    if (!isOlder && this.line === this.before.line) return;
    const found = this.history.search(isOlder ? this.searchIndex : this.history.length, this.line);
    if (found) this.searchIndex = found.index;
    // At the oldest match it does not move.
    if (found || !isOlder) this.search = { found: found?.line };
  }

  /** Removes the tab character that readline has inserted, then completes. */
  private tab(step: 1 | -1): void {
    if (this.menu) {
      const { candidates, chosen } = this.menu;
      const next = (chosen + step + candidates.length) % candidates.length;
      this.menu = { candidates, chosen: next };
      this.replaceTyped(this.kept, candidates[next]?.text ?? '');
      return;
    }
    this.set(this.before.line, this.before.cursor);
    const { candidates, typed } = this.complete(this.line.slice(0, this.cursor));
    const [only] = candidates;
    if (!only) return;
    this.kept = { line: this.line, cursor: this.cursor };
    if (candidates.length === 1) {
      this.replaceTyped(this.kept, /[/=]$/.test(only.text) ? only.text : `${only.text} `);
      return;
    }
    const common = commonPrefix(candidates.map(({ text }) => text));
    if (common.length > typed.length) {
      this.replaceTyped(this.kept, common);
      this.kept = { line: this.line, cursor: this.cursor };
    }
    this.menu = { candidates, chosen: -1 };
  }

  private replaceTyped({ line, cursor }: Typed, text: string): void {
    const { typed } = this.complete(line.slice(0, cursor));
    const before = line.slice(0, cursor - typed.length) + text;
    this.set(before + line.slice(cursor), before.length);
  }

  private browse(step: -1 | 1): void {
    const { index, prefix } = this.browsing ?? { index: this.history.length, prefix: this.before.line };
    const found = this.history.next(index, step, prefix, this.before.line);
    if (found) {
      this.browsing = { index: found.index, prefix };
      this.set(found.line);
    } else if (step === 1 && this.browsing) {
      this.browsing = undefined;
      this.set(prefix);
    }
  }
}

function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
