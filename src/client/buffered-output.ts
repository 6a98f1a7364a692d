import { limits, type Offsets, type Stream } from '../../schemas/index.ts';
import { KeptOutput } from '../kept-output.ts';
import { type JobOutput, type MessageId, offsetsOf, type Send } from './job-output.ts';
import { OutputCredit } from './output-credit.ts';

/** Output of a job in memory: the last `maxOutputKeptBytes` of each stream. */
export class BufferedOutput implements JobOutput {
  isDrained = true;
  readonly error = undefined;
  private readonly kept = new KeptOutput(limits.maxOutputKeptBytes);
  private readonly credit = new OutputCredit();
  private place = 0;
  private send: Send | undefined;
  private id: MessageId = '';

  write(stream: Stream, data: Buffer): void {
    this.kept.append(stream, data);
    this.pump();
  }

  attach({ send, id, from }: Parameters<JobOutput['attach']>[0]): void {
    this.send = send;
    this.id = id;
    this.place = 0;
    this.credit.begin(from);
    this.pump();
  }

  detach(): void {
    this.send = undefined;
  }

  acked(stream: Stream, offset: number): void {
    this.credit.ack(stream, offset);
    this.pump();
  }

  get offsets(): Offsets {
    return offsetsOf((stream) => this.kept.end(stream));
  }

  get taken(): Offsets {
    return offsetsOf((stream) => this.credit.taken[stream]);
  }

  dispose(): void {}

  private pump(): void {
    const { send, kept, credit } = this;
    if (!send) return;
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
