import { limits, type Offsets, type Stream } from '../../schemas/index.ts';
import { OutputBuffer } from '../output-buffer.ts';
import type { Send } from './job.ts';
import type { OutputSource } from './output-source.ts';

export const streams: readonly Stream[] = ['stdout', 'stderr'];

/** The output of one job on its way to the server: on credit, while a session is attached, from where that one asked for. */
export interface JobOutput {
  attach(send: Send, from: Offsets): void;
  detach(): void;
  /** The server has this stream up to `offset`. */
  acked(stream: Stream, offset: number): void;
  /** Whether all that there is has been sent to the session. */
  readonly isDrained: boolean;
  /** How much there has been, by stream; streams without any are left out. */
  readonly offsets: Offsets;
  dispose(): void;
}

/** Output that a job has written, kept here: of each stream the last `maxOutputKeptBytes`. */
export class BufferedOutput implements JobOutput {
  isDrained = true;
  private readonly id: string;
  /** Streams that something was written to. */
  private readonly kept: Partial<Record<Stream, OutputBuffer>> = {};
  private sent = { stdout: 0, stderr: 0 };
  private ackedTo = { stdout: 0, stderr: 0 };
  private send: Send | undefined;

  constructor(id: string) {
    this.id = id;
  }

  write(stream: Stream, data: Buffer): void {
    let buffer = this.kept[stream];
    if (!buffer) {
      buffer = new OutputBuffer(limits.maxOutputKeptBytes);
      this.kept[stream] = buffer;
    }
    buffer.append(data);
    this.pump();
  }

  attach(send: Send, from: Offsets): void {
    this.send = send;
    for (const stream of streams) {
      this.sent[stream] = from[stream] ?? 0;
      this.ackedTo[stream] = this.sent[stream];
    }
    this.pump();
  }

  detach(): void {
    this.send = undefined;
  }

  acked(stream: Stream, offset: number): void {
    this.ackedTo[stream] = Math.max(this.ackedTo[stream], Math.min(offset, this.sent[stream]));
    this.pump();
  }

  get offsets(): Offsets {
    const offsets: Offsets = {};
    for (const stream of streams) {
      const end = this.kept[stream]?.end ?? 0;
      if (end > 0) offsets[stream] = end;
    }
    return offsets;
  }

  dispose(): void {}

  private pump(): void {
    const { send } = this;
    if (!send) return;
    const isDrained = this.pumpStream('stdout', send);
    this.isDrained = this.pumpStream('stderr', send) && isDrained;
  }

  /** @returns whether all of the stream has been sent. */
  private pumpStream(stream: Stream, send: Send): boolean {
    const buffer = this.kept[stream];
    if (!buffer) return true;
    while (this.sent[stream] < buffer.end) {
      const credit = this.ackedTo[stream] + limits.outputCreditBytes - this.sent[stream];
      if (credit <= 0) return false;
      const offset = Math.max(this.sent[stream], buffer.start);
      const data = buffer.read(offset, Math.min(credit, limits.maxOutputChunkBytes));
      send({ type: 'output', id: this.id, stream, offset, data });
      // What was dropped in between counts as acked: it will never come.
      this.ackedTo[stream] += offset - this.sent[stream];
      this.sent[stream] = offset + data.length;
    }
    return true;
  }
}

/** Output that is kept elsewhere: a slow server is waited for there, and a new one reads it from the start. */
export class SourcedOutput implements JobOutput {
  isDrained = false;
  private readonly id: string;
  private readonly source: OutputSource;
  private readonly onDrained: () => void;
  private sent = { stdout: 0, stderr: 0 };
  private ackedTo = { stdout: 0, stderr: 0 };
  private room = { stdout: Promise.withResolvers<void>(), stderr: Promise.withResolvers<void>() };
  private reading = new AbortController();

  constructor(id: string, source: OutputSource, onDrained: () => void) {
    this.id = id;
    this.source = source;
    this.onDrained = onDrained;
  }

  attach(send: Send, from: Offsets): void {
    this.detach();
    this.isDrained = false;
    const { signal } = this.reading;
    const pumps = streams.map((stream) => this.pump(stream, from[stream] ?? 0, send, signal));
    Promise.all(pumps).then(
      () => {
        if (signal.aborted) return;
        this.isDrained = true;
        this.onDrained();
      },
      // Thrown away while it was read: the job is over.
      () => {},
    );
  }

  detach(): void {
    this.reading.abort();
    this.reading = new AbortController();
    for (const stream of streams) this.moreRoom(stream);
  }

  acked(stream: Stream, offset: number): void {
    this.ackedTo[stream] = Math.max(this.ackedTo[stream], Math.min(offset, this.sent[stream]));
    this.moreRoom(stream);
  }

  get offsets(): Offsets {
    const offsets: Offsets = {};
    for (const stream of streams) if (this.source.end(stream) > 0) offsets[stream] = this.source.end(stream);
    return offsets;
  }

  dispose(): void {
    this.detach();
    this.source.dispose();
  }

  private async pump(stream: Stream, from: number, send: Send, signal: AbortSignal): Promise<void> {
    this.sent[stream] = from;
    this.ackedTo[stream] = from;
    const options = { stream, from, maxBytes: limits.maxOutputChunkBytes, signal };
    for await (const piece of this.source.output(options)) {
      // Of a gap the server learns by the offset of what follows.
      if (piece.type === 'gap') continue;
      const { offset, data } = piece;
      while (!signal.aborted && offset + data.length - this.ackedTo[stream] > limits.outputCreditBytes) {
        // What was dropped in between will never be acked.
        if (offset - this.ackedTo[stream] > limits.outputCreditBytes) this.ackedTo[stream] = offset;
        else await this.room[stream].promise;
      }
      if (signal.aborted) return;
      send({ type: 'output', id: this.id, stream, offset, data });
      this.sent[stream] = offset + data.length;
    }
  }

  private moreRoom(stream: Stream): void {
    this.room[stream].resolve();
    this.room[stream] = Promise.withResolvers<void>();
  }
}
