import { limits, type Offsets, type Stream } from '../../schemas/index.ts';
import type { OutputSource } from '../plugin/output-source.ts';
import { type JobOutput, type MessageId, offsetsOf, type Send } from './job-output.ts';
import { OutputCredit } from './output-credit.ts';

/** Output kept by its source, which waits for a slow server. A new server reads what is still available. */
export class SourcedOutput implements JobOutput {
  isDrained = false;
  private id: MessageId = '';
  private readonly source: OutputSource;
  private readonly onDrained: () => void;
  private readonly credit = new OutputCredit();
  private room = Promise.withResolvers<void>();
  private reading: AbortController | undefined;

  constructor(source: OutputSource, onDrained: () => void) {
    this.source = source;
    this.onDrained = onDrained;
  }

  attach({ send, id, from }: Parameters<JobOutput['attach']>[0]): void {
    this.detach();
    this.id = id;
    this.isDrained = false;
    this.credit.begin(from);
    this.reading = new AbortController();
    const { signal } = this.reading;
    this.pump(send, signal).then(
      () => {
        if (signal.aborted) return;
        this.isDrained = true;
        this.onDrained();
      },
      // Disposed during the read: the job is over.
      () => {},
    );
  }

  detach(): void {
    // The default reason would be an error with a stack that nobody reads.
    this.reading?.abort('detached');
    this.reading = undefined;
    this.makeRoom();
  }

  acked(stream: Stream, offset: number): void {
    this.credit.ack(stream, offset);
    this.source.taken?.(stream, this.credit.taken[stream]);
    this.makeRoom();
  }

  get offsets(): Offsets {
    return offsetsOf((stream) => this.source.end(stream));
  }

  get taken(): Offsets {
    return offsetsOf((stream) => this.credit.taken[stream]);
  }

  get error(): string | undefined {
    return this.source.error?.();
  }

  dispose(): void {
    this.detach();
    this.source.dispose();
  }

  private async pump(send: Send, signal: AbortSignal): Promise<void> {
    const { credit } = this;
    const options = { from: credit.sent, maxBytes: limits.maxOutputChunkBytes, signal };
    for await (const piece of this.source.output(options)) {
      if (signal.aborted) return;
      const { stream, offset } = piece;
      // The server detects a gap by the next offset, or by the end offset in the outcome.
      if (piece.type === 'gap') {
        credit.skipTo(stream, offset + piece.bytes);
        continue;
      }
      const { data } = piece;
      while (!signal.aborted && credit.left(stream) < data.length) await this.room.promise;
      if (signal.aborted) return;
      send({ type: 'output', id: this.id, stream, offset, data });
      credit.add(stream, offset, data.length);
    }
  }

  private makeRoom(): void {
    this.room.resolve();
    this.room = Promise.withResolvers<void>();
  }
}
