import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Sink } from '../../host/sink.ts';
import { cursorAt, cursorUp, draw, type Frame, heightOfAll, noFrame } from './frame.ts';
import { ScrolledRows, type Size } from './scrolled-rows.ts';

const paintEveryMs = 33;
const maxWaitingLength = 4_194_304;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const beginSynchronized = '\x1b[?2026h';
const endSynchronized = '\x1b[?2026l';

interface Waiting {
  readonly text: string;
  readonly outcomes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A terminal with a frame at its bottom, and lines that scroll above it. Nothing else writes to it.
 *
 * One write is pending at a time. Lines that arrive meanwhile join the next write, and only the last frame is drawn. A
 * terminal that nobody reads therefore costs a bounded amount of memory for waiting lines, and no time.
 */
export class Terminal implements Sink {
  private readonly sink: Sink;
  private readonly size: () => Size;
  private readonly scrolled = new ScrolledRows();
  private frame = noFrame;
  private drawn = noFrame;
  private drawnAt: Size = { columns: 0, rows: 0 };
  private waiting: Waiting[] = [];
  private waitingLength = 0;
  private dropped = 0;
  /** Dropped lines about outcomes, until their count is printed. */
  private untold: Waiting[] = [];
  private isWriting = false;
  /** Number of current holders by `handOver`. */
  private holders = 0;
  private paintedAtMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(sink: Sink, size: () => Size) {
    this.sink = sink;
    this.size = size;
  }

  /**
   * Prints whole lines above the frame. Resolves when they were passed to the screen, or dropped and counted. Dropped
   * lines about outcomes resolve when that count was passed on.
   */
  write(text: string, outcomes = 0): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    this.waiting.push({ text, outcomes, resolve, reject });
    this.waitingLength += text.length;
    this.dropOldest();
    this.paintSoon();
    this.last = promise;
    return promise;
  }

  /** Draws a frame at once. A frame equal to the last is drawn again only if the size of the screen has changed. */
  show(frame: Frame): void {
    const isDrawn = this.frame === this.drawn && isDeepStrictEqual(frame, this.drawn);
    if (isDrawn && isDeepStrictEqual(this.size(), this.drawnAt)) return;
    this.frame = frame;
    this.paint();
  }

  /**
   * Removes the frame and hands the terminal to another writer. Frames and lines wait until the returned object is
   * disposed.
   */
  async handOver(): Promise<Disposable> {
    this.holders += 1;
    while (this.isWriting || this.drawn !== noFrame) {
      this.paint();
      await this.last.catch(() => {});
    }
    return {
      [Symbol.dispose]: () => {
        this.holders -= 1;
        this.paint();
      },
    };
  }

  /** Call it after others have written to the terminal: the drawn frame is left where it is. */
  forget(): void {
    this.drawn = noFrame;
    this.scrolled.forget();
  }

  /** Hands the terminal to a dialog. */
  async dialog<Answer>(ask: (output: NodeJS.WritableStream) => Promise<Answer>): Promise<Answer> {
    using _ = await this.handOver();
    const output = new Writable({
      write: (chunk, _encoding, done) => void this.sink.write(String(chunk)).then(() => done(), done),
    });
    try {
      return await ask(output);
    } finally {
      // Inquirer ends the stream; its last writes may be pending.
      if (output.writableNeedDrain || output.writableLength > 0) await finished(output).catch(() => {});
    }
  }

  /** Erases the screen, and draws the frame at its top. */
  clear(): void {
    this.forget();
    void this.sink.write('\x1b[H\x1b[2J');
    this.paint();
  }

  /** Text that removes the frame, and resets each mode that an interrupted write may have left. */
  get farewell(): string {
    return `${endSynchronized}${showCursor}${this.isAway ? '\r\n' : this.erase(this.size())}`;
  }

  /** Removes the frame and writes all waiting lines. */
  async close(): Promise<void> {
    this.show(noFrame);
    await this.settled();
  }

  /** Whether another writer has the terminal. */
  private get isAway(): boolean {
    return this.holders > 0 && this.drawn === noFrame;
  }

  private async settled(): Promise<void> {
    while (this.isWriting || this.waiting.length > 0) {
      this.paint();
      await this.last.catch(() => {});
    }
  }

  private paintSoon(): void {
    if (this.timer || this.isWriting || this.isAway) return;
    const dueInMs = this.paintedAtMs + paintEveryMs - performance.now();
    if (dueInMs <= 0) this.paint();
    else
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.paint();
      }, dueInMs);
  }

  private paint(): void {
    if (this.isWriting || this.isAway) return;
    const frame = this.holders > 0 ? noFrame : this.frame;
    const lines = this.waiting;
    if (lines.length === 0 && frame === this.drawn) return;
    this.waiting = [];
    this.waitingLength = 0;
    this.isWriting = true;
    this.paintedAtMs = performance.now();
    const { untold } = this;
    this.untold = [];
    const size = this.size();
    const printed = this.takeGap(untold) + lines.map(({ text }) => text).join('');
    const text = `${this.erase(size)}${printed.replaceAll('\n', '\r\n')}${draw(frame, size.columns)}`;
    this.scrolled.printed(printed);
    this.drawn = frame;
    this.drawnAt = size;
    const write = this.sink.write(`${beginSynchronized}${hideCursor}${text}${showCursor}${endSynchronized}`);
    this.last = write;
    write
      .then(
        () => {
          for (const { resolve } of [...untold, ...lines]) resolve();
        },
        (error: unknown) => {
          for (const { reject } of [...untold, ...lines]) reject(error);
        },
      )
      .finally(() => {
        this.isWriting = false;
        if (this.frame !== this.drawn) this.paint();
        else if (this.waiting.length > 0) this.paintSoon();
      });
  }

  /**
   * Empties the rows of the last frame and moves the cursor to its first row. A narrower screen has wrapped the rows;
   * rows that a lower screen has pushed away are erased when they return.
   */
  private erase(size: Size): string {
    const { rows } = this.drawn;
    if (rows.length === 0) return '\r';
    const total = heightOfAll(rows, size.columns);
    this.scrolled.shrunk(rows, size);
    const back = this.scrolled.takeBack(size, total);
    const up = back.height + cursorAt(this.drawn, size.columns).row;
    // Row by row: with ESC[J some terminals push what they erase into their scrollback.
    const erased = Array.from({ length: back.height + total }, () => '\x1b[2K').join('\x1b[1B');
    return `\r${cursorUp(up)}${erased}${cursorUp(back.height + total - 1)}${back.text.replaceAll('\n', '\r\n')}`;
  }

  private dropOldest(): void {
    while (this.waitingLength > maxWaitingLength && this.waiting.length > 1) {
      const oldest = this.waiting.shift();
      if (!oldest) return;
      this.waitingLength -= oldest.text.length;
      if (oldest.outcomes > 0) this.untold.push({ ...oldest, text: '' });
      else {
        this.dropped += 1;
        oldest.resolve();
      }
    }
  }

  private takeGap(untold: readonly Waiting[]): string {
    const { dropped } = this;
    this.dropped = 0;
    const outcomes = untold.reduce((sum, one) => sum + one.outcomes, 0);
    const output = dropped > 0 ? `… ${dropped} pieces of output are not shown; logs JOB shows them\n` : '';
    return output + (outcomes > 0 ? `… ${outcomes} outcomes are not shown; jobs shows them\n` : '');
  }
}
