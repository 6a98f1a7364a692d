import { limits } from '../schemas/limits.ts';
import { Queue } from './queue.ts';

/**
 * Flow control: how many bytes of one stream, or records of one job, may be sent beyond the last ack. Client and server
 * count alike: the client what it sends, the server what it receives. Only sent data uses credit; an ack beyond a gap
 * returns the credit of what was sent before the gap.
 */
export class StreamCredit {
  /** Ranges without a gap that were sent and not acked, in order. */
  private readonly unacked = new Queue<{ end: number; bytes: number }>();
  private unackedBytes = 0;
  private readonly max: number;

  constructor(max: number = limits.outputCreditBytes) {
    this.max = max;
  }

  get left(): number {
    return this.max - this.unackedBytes;
  }

  /** Restores the full credit. */
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
