import { limits, type Offsets, type Stream } from '../../schemas/index.ts';

/** How much of one stream this session has sent, and how much of that is not acked. */
class StreamCredit {
  sent = 0;
  private unacked: { end: number; bytes: number }[] = [];
  private unackedBytes = 0;

  begin(from: number): void {
    this.sent = from;
    this.unacked = [];
    this.unackedBytes = 0;
  }

  add(offset: number, bytes: number): void {
    this.sent = offset + bytes;
    this.unacked.push({ end: this.sent, bytes });
    this.unackedBytes += bytes;
  }

  ack(offset: number): void {
    for (let first = this.unacked[0]; first && first.end - first.bytes < offset; first = this.unacked[0]) {
      const left = Math.max(0, first.end - offset);
      this.unackedBytes -= first.bytes - left;
      first.bytes = left;
      if (left > 0) return;
      this.unacked.shift();
    }
  }

  get left(): number {
    return limits.outputCreditBytes - this.unackedBytes;
  }
}

/** How much output of a job may be sent. Dropped bytes use no credit. */
export class OutputCredit {
  private readonly streams = { stdout: new StreamCredit(), stderr: new StreamCredit() };
  /** The highest offsets that any server has acked. */
  readonly taken = { stdout: 0, stderr: 0 };

  /** Starts a session with full credit at these offsets. */
  begin(from: Offsets): void {
    this.streams.stdout.begin(from.stdout ?? 0);
    this.streams.stderr.begin(from.stderr ?? 0);
  }

  /** Offset of the next byte to send. */
  get sent(): Record<Stream, number> {
    return { stdout: this.streams.stdout.sent, stderr: this.streams.stderr.sent };
  }

  left(stream: Stream): number {
    return this.streams[stream].left;
  }

  add(stream: Stream, offset: number, bytes: number): void {
    this.streams[stream].add(offset, bytes);
  }

  /** Skips unsent bytes before `offset`, which were dropped. */
  skipTo(stream: Stream, offset: number): void {
    this.streams[stream].sent = Math.max(this.streams[stream].sent, offset);
  }

  /** An ack beyond the bytes sent counts for those sent. */
  ack(stream: Stream, offset: number): void {
    const to = Math.min(offset, this.streams[stream].sent);
    this.streams[stream].ack(to);
    this.taken[stream] = Math.max(this.taken[stream], to);
  }
}
