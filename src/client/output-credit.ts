import { limits, type Offsets, type Stream } from '../../schemas/index.ts';

/** What of one stream has been sent in this session, and what is not acked of that. */
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

/** How much output of a job may be sent. Bytes that are gone take no credit. */
export class OutputCredit {
  private readonly streams = { stdout: new StreamCredit(), stderr: new StreamCredit() };
  /** The highest offsets that any server has acked. */
  readonly taken = { stdout: 0, stderr: 0 };

  /** A session begins: the credit is full, from these offsets on. */
  begin(from: Offsets): void {
    this.streams.stdout.begin(from.stdout ?? 0);
    this.streams.stderr.begin(from.stderr ?? 0);
  }

  /** Where sending goes on. */
  get sent(): Record<Stream, number> {
    return { stdout: this.streams.stdout.sent, stderr: this.streams.stderr.sent };
  }

  left(stream: Stream): number {
    return this.streams[stream].left;
  }

  add(stream: Stream, offset: number, bytes: number): void {
    this.streams[stream].add(offset, bytes);
  }

  /** The bytes before `offset` that have not been sent are gone. */
  skipTo(stream: Stream, offset: number): void {
    this.streams[stream].sent = Math.max(this.streams[stream].sent, offset);
  }

  /** An ack beyond what was sent counts as all that was sent. */
  ack(stream: Stream, offset: number): void {
    const to = Math.min(offset, this.streams[stream].sent);
    this.streams[stream].ack(to);
    this.taken[stream] = Math.max(this.taken[stream], to);
  }
}
