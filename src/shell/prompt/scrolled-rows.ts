import { widthOf } from '../output/text-width.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** After more lines than this, the rows are far up in the scrollback. */
const maxLinesSince = 500;

/** Number of screen rows of a text that the terminal wraps. */
export const heightOf = (text: string, columns: number): number => Math.max(1, Math.ceil(widthOf(text) / columns));

/**
 * The rows of a frame that a smaller screen has pushed into the scrollback, where they cannot be erased. A terminal that
 * grows again brings them back, above everything printed since.
 */
export class ScrolledRows {
  /** From the top. */
  private rows: string[] = [];
  private linesSince: string[] = [];
  /** The size at the last `takeBack`. */
  private size: Size = { columns: 0, rows: 0 };

  /** The screen of the frame has shrunk: its topmost rows that do not fit are gone. */
  shrunk(frame: readonly string[], size: Size): void {
    let over = frame.reduce((sum, row) => sum + heightOf(row, size.columns), 0) - size.rows;
    for (const row of frame) {
      if (over <= 0) return;
      over -= heightOf(row, size.columns);
      if (this.rows.length === 0) this.linesSince = [];
      this.rows.push(row);
    }
  }

  /** Call it with the lines printed above the frame. */
  printed(lines: string): void {
    if (this.rows.length === 0 || lines === '') return;
    this.linesSince.push(...lines.split('\n').slice(0, -1));
    if (this.linesSince.length > maxLinesSince) this.forget();
  }

  /**
   * @param frameHeight rows of the screen that the frame takes.
   * @returns the number of rows above the frame to erase, and the text to print there again.
   */
  takeBack(size: Size, frameHeight: number): { height: number; text: string } {
    // A wider screen has room for more lines, because it wraps fewer.
    const grown = size.columns > this.size.columns ? size.rows : size.rows - this.size.rows;
    this.size = size;
    if (this.rows.length === 0) return { height: 0, text: '' };
    const since = this.linesSince.reduce((sum, line) => sum + heightOf(line, size.columns), 0);
    let room = Math.min(grown, size.rows - frameHeight - since);
    if (room <= 0) return { height: 0, text: '' };
    let height = 0;
    for (let row = this.rows.pop(); row !== undefined; row = this.rows.pop()) {
      height += heightOf(row, size.columns);
      room -= heightOf(row, size.columns);
      if (room <= 0) break;
    }
    const text = this.linesSince.map((line) => `${line}\n`).join('');
    return { height: Math.min(height + since, size.rows - frameHeight), text };
  }

  forget(): void {
    this.rows = [];
    this.linesSince = [];
  }
}
