import { SignalboxError } from '../../schemas/errors.ts';
import type { Offsets, Stream } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import { streams } from '../../schemas/words.ts';
import { KeptOutput, type OutputRun } from '../kept-output.ts';
import { StreamCredit } from '../stream-credit.ts';
import { Arrival } from './arrival.ts';

/** Bytes that are missing before an offset: see `Gap`. */
export interface Missing {
  readonly lostBytes: number;
  readonly takenBytes: number;
}

/** The received output of a job: offsets, losses, credit, and the newest bytes for `logs`. */
export class ReceivedOutput {
  private readonly arrivals = { stdout: new Arrival(), stderr: new Arrival() };
  private readonly credits = { stdout: new StreamCredit(), stderr: new StreamCredit() };
  private readonly kept = new KeptOutput(limits.maxOutputKeptBytes);

  get offsets(): Readonly<Record<Stream, number>> {
    const { stdout, stderr } = this.arrivals;
    return { stdout: stdout.next, stderr: stderr.next };
  }

  /** Other servers have received the streams up to these offsets. */
  takenElsewhere(taken: Offsets): void {
    for (const stream of streams) this.arrivals[stream].takenElsewhere(taken[stream] ?? 0);
  }

  /** Its client is asked to send again from `offsets`, with full credit. */
  fetched(): void {
    for (const stream of streams) this.credits[stream].reset();
  }

  /** @throws SignalboxError `bad_message` if the client has sent more than its credit. */
  takeCredit(stream: Stream, offset: number, bytes: number): void {
    const credit = this.credits[stream];
    if (bytes > credit.left) {
      const text = `${stream} exceeds the credit of ${limits.outputCreditBytes} bytes beyond the last ack`;
      throw new SignalboxError('bad_message', text);
    }
    credit.add(offset, bytes);
  }

  /** An ack up to `offset` was sent to the client. */
  acked(stream: Stream, offset: number): void {
    this.credits[stream].ack(offset);
  }

  /** The next byte of the stream, or its end, is at `offset`. @returns what is missing before it. */
  skipTo(stream: Stream, offset: number): Missing {
    const { lost, taken } = this.arrivals[stream].skipTo(offset);
    return { lostBytes: lost, takenBytes: taken };
  }

  append(stream: Stream, data: Buffer): void {
    const arrival = this.arrivals[stream];
    this.kept.append(stream, data, arrival.next);
    arrival.next += data.length;
  }

  /** Number of bytes lost so far, by stream; undefined if none. */
  get lostOutput(): Offsets | undefined {
    const { stdout, stderr } = this.arrivals;
    if (stdout.lost + stderr.lost === 0) return undefined;
    return { ...(stdout.lost > 0 && { stdout: stdout.lost }), ...(stderr.lost > 0 && { stderr: stderr.lost }) };
  }

  get keptBytes(): number {
    return this.kept.length;
  }

  /** The retained output. If the last bytes of a stream are missing, an empty run marks its end. */
  runs(): OutputRun[] {
    const { offsets } = this;
    const cut = streams.filter((stream) => offsets[stream] > this.kept.end(stream));
    const ends = cut.map((stream) => ({ stream, offset: offsets[stream], data: Buffer.alloc(0) }));
    return [...this.kept.all(), ...ends];
  }
}
