import { create } from '@bufbuild/protobuf';
import { type Pong, PongSchema, Status } from '../../../schemas/api/tenten/interview/service_pb.js';

const pongs = new Map([Status.EVEN, Status.ODD].map((status) => [status, create(PongSchema, { status })]));

/** The pongs of a stream, sent as they are given. */
export class Answers implements AsyncIterable<Pong> {
  private readonly due: Pong[] = [];
  private isOver = false;
  private wake: (() => void) | undefined;

  give(status: Status): void {
    this.due.push(pongs.get(status) ?? create(PongSchema, { status }));
    this.wake?.();
  }

  /** No more will come. */
  end(): void {
    this.isOver = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Pong> {
    for (;;) {
      const pong = this.due.shift();
      if (pong) yield pong;
      else if (this.isOver) return;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
