import type { OutputStream } from './options.ts';

/** Changes between the streams that are remembered. */
const maxRuns = 4_096;

export interface Run {
  readonly stream: OutputStream;
  /** Offset behind its last byte. */
  readonly to: number;
  /** Where to look for the next one. */
  readonly place: number;
}

/**
 * The order of output over both streams: runs of bytes of one stream, each up to an offset. Beyond the bound the oldest runs are
 * merged: what a reader gets from there on is complete and in order within each stream, and coarser between the two.
 */
export class OutputOrder {
  private readonly runs: { stream: OutputStream; to: number }[] = [];
  private gone = 0;

  /** The next bytes are of this stream, up to `to`. */
  add(stream: OutputStream, to: number): void {
    const last = this.runs.at(-1);
    if (last?.stream === stream) last.to = to;
    else this.runs.push({ stream, to });
    if (this.runs.length <= maxRuns) return;
    // Runs alternate: a later run of the same stream covers the bytes of one that goes.
    this.runs.splice(0, 2);
    this.gone += 2;
  }

  /** The first run with bytes past `offsets`, looked for from `place` on. */
  next(offsets: Readonly<Record<OutputStream, number>>, place: number): Run | undefined {
    for (let at = Math.max(0, place - this.gone); at < this.runs.length; at += 1) {
      const run = this.runs[at];
      if (run && run.to > offsets[run.stream]) return { ...run, place: at + this.gone };
    }
    return undefined;
  }
}
