import { limits } from '../schemas/limits.ts';
import { Queue } from './queue.ts';

/**
 * How many bytes of one stream, or records of one job, may be sent beyond the acks. Both sides count the same: the client
 * what it has sent, the server what has arrived. Only what is sent takes credit; an ack beyond a gap gives back what was
 * sent before the gap.
 */
export class StreamCredit {
  /** Sent without a gap in between, and not acked; in order. */
  private readonly unacked = new Queue<{ end: number; bytes: number }>();
  private unackedBytes = 0;
  private readonly max: number;

  constructor(max: number = limits.outputCreditBytes) {
    this.max = max;
  }

  get left(): number {
    return this.max - this.unackedBytes;
  }

  /** Gives the full credit. */
  reset(): void {
    this.unacked.clear();
    this.unackedBytes = 0;
  }

  add(offset: number, bytes: number): void {
    const { last } = this.unacked;
    this.unackedBytes += bytes;
    if (last?.end !== offset) this.unacked.push({ end: offset + bytes, bytes });
    else {
      last.end += bytes;
      last.bytes += bytes;
    }
  }

  ack(offset: number): void {
    for (;;) {
      const { first } = this.unacked;
      if (!first || first.end - first.bytes >= offset) return;
      const left = Math.max(0, first.end - offset);
      this.unackedBytes -= first.bytes - left;
      first.bytes = left;
      if (left > 0) return;
      this.unacked.shift();
    }
  }
}
