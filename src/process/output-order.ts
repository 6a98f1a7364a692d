import type { OutputStream } from './options.ts';

/** Number of changes between the streams to remember. */
const maxRuns = 4_096;

export interface Run {
  readonly stream: OutputStream;
  /** Offset after its last byte. */
  readonly to: number;
  /** Where to look for the next one. */
  readonly place: number;
}

/**
 * The order of output across both streams, as runs of bytes of one stream, each up to an offset. Beyond the bound the
 * oldest runs are merged: the output stays complete and in order within each stream, but is interleaved more coarsely.
 */
export class OutputOrder {
  private readonly runs: { stream: OutputStream; to: number }[] = [];
  private gone = 0;

  /** Records that the next bytes belong to this stream, up to `to`. */
  add(stream: OutputStream, to: number): void {
    const last = this.runs.at(-1);
    if (last?.stream === stream) last.to = to;
    else this.runs.push({ stream, to });
    if (this.runs.length <= maxRuns) return;
    // Runs alternate, so a later run of the same stream covers the bytes of a dropped one.
    this.runs.splice(0, 2);
    this.gone += 2;
  }

  /** The first run with bytes past `offsets`, searched from `place`. */
  next(offsets: Readonly<Record<OutputStream, number>>, place: number): Run | undefined {
    for (let at = Math.max(0, place - this.gone); at < this.runs.length; at += 1) {
      const run = this.runs[at];
      if (run && run.to > offsets[run.stream]) return { ...run, place: at + this.gone };
    }
    return undefined;
  }
}
