import type { Stream } from '../../../index.ts';
import type { LogEntry } from './log-frames.ts';

const everyBytes = 1_048_576;

/** A position from which a log can be read: a time, and the offset of each stream at that time. */
export interface LogMark {
  /** Undefined: from the beginning. */
  readonly since: string | undefined;
  readonly offsets: Readonly<Record<Stream, number>>;
}

export const logStart: LogMark = { since: undefined, offsets: { stdout: 0, stderr: 0 } };

interface Mark {
  readonly since: string | undefined;
  readonly offsets: Record<Stream, number>;
}

/**
 * Finds marks in a log that is being read, so that after a break the log need not be reread from its beginning. Each stream is in order
 * of time, but both together need not be, because the engine reads them in parallel. The valid mark is therefore the one before the last:
 * all output of the other stream before it has been read.
 */
export class LogMarks {
  private readonly offsets: Record<Stream, number>;
  private readonly newest: Record<Stream, string> = { stdout: '', stderr: '' };
  private older: Mark;
  private last: Mark;
  /** Whether the clock was set back, which makes times unusable. */
  private isDisordered = false;

  constructor({ since, offsets }: LogMark) {
    this.offsets = { ...offsets };
    this.older = { since, offsets: { ...offsets } };
    this.last = this.older;
  }

  get mark(): LogMark {
    const { since, offsets } = this.older;
    return this.isDisordered ? logStart : { since, offsets: { ...offsets } };
  }

  /** Takes the next entry. @returns its offset in its stream. */
  add({ stream, at, data }: LogEntry): number {
    const { newest, offsets, older, last } = this;
    const offset = offsets[stream];
    if (at < newest[stream]) this.isDisordered = true;
    for (const mark of older === last ? [last] : [older, last]) {
      if (mark.since !== undefined && at < mark.since) mark.offsets[stream] += data.length;
    }
    const grown = offsets.stdout + offsets.stderr - last.offsets.stdout - last.offsets.stderr;
    if (grown >= everyBytes && at > newest.stdout && at > newest.stderr) {
      this.older = last;
      this.last = { since: at, offsets: { ...offsets } };
    }
    newest[stream] = at;
    offsets[stream] += data.length;
    return offset;
  }
}

/** Converts a time to the form of the engine: seconds since the epoch, with nine decimals. */
export const sinceOf = (at: string): string => `${Math.floor(Date.parse(at) / 1_000)}.${at.slice(20, 29)}`;
