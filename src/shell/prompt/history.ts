import { appendFileSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { openRegularFile } from '../../open-input.ts';
import { systemCode } from '../../process/system-error.ts';
import { stateFolder } from '../../state-folder.ts';

const maxLines = 1_000;

/** Path of the history file; undefined if it is not kept. */
export function historyPath(env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(env);
  return folder === undefined ? undefined : join(folder, 'history');
}

/**
 * Typed lines of this session and earlier ones, oldest first. A line that begins with a space is not kept. Without a
 * path, or if the file cannot be written, lines are kept for the session only.
 */
export class History {
  private lines: string[] = [];
  private path: string | undefined;

  constructor(path?: string) {
    this.path = path;
    if (path === undefined) return;
    try {
      const all = readHistory(path).split('\n').filter(Boolean);
      this.lines = all.slice(-maxLines);
      if (all.length > 2 * maxLines) writeFileSync(path, `${this.lines.join('\n')}\n`, { mode: 0o600 });
    } catch (error) {
      // Writing to a pipe at this path would block this process.
      if (systemCode(error) !== 'ENOENT') this.path = undefined;
    }
  }

  add(line: string): void {
    if (line.trim() === '' || line.startsWith(' ') || line === this.lines.at(-1)) return;
    this.lines = [...this.lines.slice(1 - maxLines), line];
    if (this.path === undefined) return;
    try {
      makeFolder(dirname(this.path));
      appendFileSync(this.path, `${line}\n`, { mode: 0o600 });
    } catch {
      this.path = undefined;
    }
  }

  /** Number of lines, and the index of the line that is being typed. */
  get length(): number {
    return this.lines.length;
  }

  /** The nearest line before (`-1`) or after (`1`) an index that begins with `prefix` and differs from `line`. */
  next(from: number, step: -1 | 1, prefix: string, line: string): { index: number; line: string } | undefined {
    return this.find(from + step, step, (one) => one.startsWith(prefix) && one !== line);
  }

  /** The newest line before an index that contains `text`. */
  search(before: number, text: string): { index: number; line: string } | undefined {
    return text === '' ? undefined : this.find(before - 1, -1, (one) => one.includes(text));
  }

  /** The rest of the newest line that begins with `typed`. */
  suggest(typed: string): string {
    if (typed.trim() === '') return '';
    const found = this.find(this.lines.length - 1, -1, (one) => one.length > typed.length && one.startsWith(typed));
    return found?.line.slice(typed.length) ?? '';
  }

  private find(from: number, step: -1 | 1, fits: (line: string) => boolean) {
    for (let index = from; index >= 0 && index < this.lines.length; index += step) {
      const line = this.lines[index];
      if (line !== undefined && fits(line)) return { index, line };
    }
    return undefined;
  }
}

function readHistory(path: string): string {
  const { fd } = openRegularFile(path);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
