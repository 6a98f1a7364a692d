import { limits, type Offsets, type Stream } from '../../schemas/index.ts';
import { KeptOutput } from '../kept-output.ts';
import { type JobOutput, offsetsOf, type Send } from './job-output.ts';
import { OutputCredit } from './output-credit.ts';

/** Output of a job, kept in memory: the last `maxOutputKeptBytes` of each stream. */
export class BufferedOutput implements JobOutput {
  isDrained = true;
  readonly error = undefined;
  private readonly id: string;
  // Created on the first write, since most jobs write nothing.
  private kept: KeptOutput | undefined;
  private credit: OutputCredit | undefined;
  private place = 0;
  private send: Send | undefined;
  private from: Offsets = {};

  constructor(id: string) {
    this.id = id;
  }

  write(stream: Stream, data: Buffer): void {
    this.kept ??= new KeptOutput(limits.maxOutputKeptBytes);
    this.kept.append(stream, data);
    this.pump();
  }

  attach(send: Send, from: Offsets): void {
    this.send = send;
    this.from = from;
    this.place = 0;
    this.credit?.begin(from);
    this.pump();
  }

  detach(): void {
    this.send = undefined;
  }

  acked(stream: Stream, offset: number): void {
    this.credit?.ack(stream, offset);
    this.pump();
  }

  get offsets(): Offsets {
    return offsetsOf((stream) => this.kept?.end(stream) ?? 0);
  }

  get taken(): Offsets {
    return offsetsOf((stream) => this.credit?.taken[stream] ?? 0);
  }

  dispose(): void {}

  private pump(): void {
    const { send, kept } = this;
    if (!send || !kept) return;
    if (!this.credit) {
      this.credit = new OutputCredit();
      this.credit.begin(this.from);
    }
    const { credit } = this;
    this.isDrained = false;
    for (;;) {
      const next = kept.next(credit.sent, this.place, limits.maxOutputChunkBytes);
      if (!next) break;
      const { stream, offset } = next;
      this.place = next.place;
      credit.skipTo(stream, offset);
      const left = credit.left(stream);
      if (left <= 0) return;
      const data = next.data.subarray(0, left);
      send({ type: 'output', id: this.id, stream, offset, data });
      credit.add(stream, offset, data.length);
    }
    this.isDrained = true;
  }
}
