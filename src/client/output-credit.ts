import type { Offsets, Stream } from '../../schemas/index.ts';
import { StreamCredit } from '../stream-credit.ts';

/** How much output of a job may be sent. Dropped bytes use no credit. */
export class OutputCredit {
  /** The highest offsets that any server has acked. */
  readonly taken = { stdout: 0, stderr: 0 };
  private readonly next = { stdout: 0, stderr: 0 };
  private readonly credits = { stdout: new StreamCredit(), stderr: new StreamCredit() };

  /** Starts a session with full credit at these offsets. */
  begin({ stdout = 0, stderr = 0 }: Offsets): void {
    this.next.stdout = stdout;
    this.next.stderr = stderr;
    this.credits.stdout.reset();
    this.credits.stderr.reset();
  }

  /** Offset of the next byte to send. */
  get sent(): Record<Stream, number> {
    return { ...this.next };
  }

  left(stream: Stream): number {
    return this.credits[stream].left;
  }

  add(stream: Stream, offset: number, bytes: number): void {
    this.next[stream] = offset + bytes;
    this.credits[stream].add(offset, bytes);
  }

  /** Skips unsent bytes before `offset`, which were dropped. */
  skipTo(stream: Stream, offset: number): void {
    this.next[stream] = Math.max(this.next[stream], offset);
  }

  /** Records an ack. An ack beyond the sent bytes counts as an ack of all sent bytes. */
  ack(stream: Stream, offset: number): void {
    const to = Math.min(offset, this.next[stream]);
    this.credits[stream].ack(to);
    this.taken[stream] = Math.max(this.taken[stream], to);
  }
}
