import { promptSource } from '../output/output.ts';
import type { Shell } from '../shell.ts';

const nameWaitAfterMs = 500;

/** Runs the entered lines, one after the other. */
export class LineQueue {
  private readonly onChange: () => void;
  private last: Promise<void> = Promise.resolve();
  private running: AbortController | undefined;
  private lineNumber = 0;
  /** The running line, once it has taken longer than 500 ms. */
  waitsFor: string | undefined;

  /** @param onChange called when a line begins, takes longer than 500 ms, or has ended. */
  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  add(shell: Shell, text: string): void {
    this.lineNumber += 1;
    const place = { source: promptSource, line: this.lineNumber, text };
    this.last = this.last.then(async () => {
      this.running = new AbortController();
      this.onChange();
      // A line that ends at once needs no row.
      const timer = setTimeout(() => {
        this.waitsFor = text.trim();
        this.onChange();
      }, nameWaitAfterMs);
      await shell.run(place, this.running.signal);
      clearTimeout(timer);
      this.waitsFor = undefined;
      this.running = undefined;
      this.onChange();
    });
  }

  /** Interrupts the running line, such as `wait` or `sleep`. @returns whether there was one. */
  interrupt(): boolean {
    this.running?.abort();
    return this.isRunning;
  }
}
