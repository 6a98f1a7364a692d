import type { Stream } from '../../../index.ts';
import type { LogEntry } from './log-frames.ts';

const everyBytes = 1_048_576;

/** From where a log can be read: a time, and what each stream had written before it. */
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
 * Finds marks in a log that is being read, so that a break costs no second reading of all of it. Each stream is in the order of its
 * times; both together need not be, as the engine reads them side by side. So the mark that counts is the last one but one: what the
 * other stream had written before it has been read.
 */
export class LogMarks {
  private readonly offsets: Record<Stream, number>;
  private readonly newest: Record<Stream, string> = { stdout: '', stderr: '' };
  private older: Mark;
  private last: Mark;
  /** The clock was set back: times say nothing. */
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

/** In the form of the engine: seconds since the epoch, with nine digits. */
export const sinceOf = (at: string): string => `${Math.floor(Date.parse(at) / 1_000)}.${at.slice(20, 29)}`;
