import type { OutputStream } from './options.ts';

/** Unwritten output of both streams, in order of arrival. */
export class PendingOutput {
  private readonly queue: { stream: OutputStream; data: Buffer }[] = [];
  bytes = 0;

  push(stream: OutputStream, data: Buffer): void {
    this.queue.push({ stream, data });
    this.bytes += data.length;
  }

  /** The stream of the first bytes. */
  get first(): OutputStream | undefined {
    return this.queue[0]?.stream;
  }

  /** Takes up to `room` bytes from the front, all of one stream. */
  take(room: number): Buffer[] {
    const stream = this.first;
    const taken: Buffer[] = [];
    let left = room;
    while (left > 0) {
      const [first] = this.queue;
      if (!first || first.stream !== stream) break;
      const part = first.data.subarray(0, left);
      taken.push(part);
      if (first.data.length > part.length) first.data = first.data.subarray(part.length);
      else this.queue.shift();
      left -= part.length;
    }
    this.bytes -= room - left;
    return taken;
  }

  /** Puts bytes back to the front. */
  putBack(stream: OutputStream, data: Buffer): void {
    this.queue.unshift({ stream, data });
    this.bytes += data.length;
  }
}
