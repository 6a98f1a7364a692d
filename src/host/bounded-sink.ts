import type { Sink } from './sink.ts';

/** Limit of text that waits for a slow reader, in UTF-16 units. */
const maxWaitingLength = 1_048_576;

/**
 * A sink for dispensable lines: while a reader stalls, lines over the bound are dropped, and counted in a line of their
 * own once the reader has caught up.
 */
export class BoundedSink implements Sink {
  private readonly inner: Sink;
  private readonly countLine: (dropped: number) => string;
  private waitingLength = 0;
  private dropped = 0;

  /** @param countLine the line that reports dropped writes. */
  constructor(inner: Sink, countLine: (dropped: number) => string) {
    this.inner = inner;
    this.countLine = countLine;
  }

  /** Resolves when the text is written, or dropped and counted. */
  async write(text: string): Promise<void> {
    if (this.waitingLength > 0 && this.waitingLength + text.length > maxWaitingLength) {
      this.dropped += 1;
      return;
    }
    this.waitingLength += text.length;
    try {
      await this.inner.write(text);
    } finally {
      this.waitingLength -= text.length;
    }
    if (this.waitingLength === 0) this.tellDropped();
  }

  private tellDropped(): void {
    const { dropped } = this;
    this.dropped = 0;
    if (dropped > 0) void this.write(this.countLine(dropped)).catch(() => {});
  }
}

/** Reports lines that were dropped because the reader of `stream` stalled. */
export const droppedLines = (stream: 'standard output' | 'standard error') => (dropped: number) =>
  `… ${dropped} ${dropped === 1 ? 'line was' : 'lines were'} dropped: nobody read ${stream}\n`;
