import { limits, type Offsets, type Stream, streams } from '../../schemas/index.ts';
import { KeptOutput, type OutputRun } from '../kept-output.ts';

/** Bytes that are missing before an offset. */
export interface Missing {
  /** Gone: nobody has them. */
  readonly lostBytes: number;
  /** Written out by another server before this one took the job over. */
  readonly takenBytes: number;
}

const none: Missing = { lostBytes: 0, takenBytes: 0 };

/** What has come of the output of a job: how far, what is missing, and the newest bytes for `logs`. */
export class ReceivedOutput {
  readonly offsets = { stdout: 0, stderr: 0 };
  private readonly taken = { stdout: 0, stderr: 0 };
  private readonly lost = { stdout: 0, stderr: 0 };
  private readonly kept = new KeptOutput(limits.maxOutputKeptBytes);

  /** Other servers have written out the streams up to there. */
  takenElsewhere(taken: Offsets): void {
    for (const stream of streams) {
      this.taken[stream] = Math.max(this.taken[stream], taken[stream] ?? 0);
    }
  }

  /** The next byte of the stream is at `offset`, or it ends there. @returns what is missing before. */
  skipTo(stream: Stream, offset: number): Missing {
    const from = this.offsets[stream];
    if (offset <= from) return none;
    const takenBytes = Math.max(0, Math.min(offset, this.taken[stream]) - from);
    const lostBytes = offset - from - takenBytes;
    this.offsets[stream] = offset;
    this.lost[stream] += lostBytes;
    return { lostBytes, takenBytes };
  }

  append(stream: Stream, data: Buffer): void {
    this.kept.append(stream, data, this.offsets[stream]);
    this.offsets[stream] += data.length;
  }

  /** What was lost so far, by stream; undefined where nothing was. */
  get lostOutput(): Offsets | undefined {
    const { stdout, stderr } = this.lost;
    if (stdout + stderr === 0) return undefined;
    return { ...(stdout > 0 && { stdout }), ...(stderr > 0 && { stderr }) };
  }

  get keptBytes(): number {
    return this.kept.length;
  }

  /** What is kept. A stream whose last bytes are missing ends with an empty run at its end. */
  runs(): OutputRun[] {
    const cut = streams.filter((stream) => this.offsets[stream] > this.kept.end(stream));
    const ends = cut.map((stream) => ({ stream, offset: this.offsets[stream], data: Buffer.alloc(0) }));
    return [...this.kept.all(), ...ends];
  }
}
