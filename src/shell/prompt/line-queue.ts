import { promptSource } from '../output/output.ts';
import type { Shell } from '../shell.ts';

const nameWaitAfterMs = 500;

/** Carries out the lines that were entered, one after the other. */
export class LineQueue {
  private readonly onChange: () => void;
  private last: Promise<void> = Promise.resolve();
  private running: AbortController | undefined;
  private lineNumber = 0;
  /** The line that is being carried out, when it takes its time. */
  waitsFor: string | undefined;

  /** @param onChange called when a line begins, takes its time, or has ended. */
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
      // What ends at once is not worth a row.
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

  /** Interrupts what is being carried out: `wait`, `sleep` and the like. @returns whether there was anything. */
  interrupt(): boolean {
    this.running?.abort();
    return this.isRunning;
  }
}
