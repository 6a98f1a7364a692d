import { create } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { type Ping, PingSchema } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Carrier } from './connection.ts';

const ping = create(PingSchema);

/** Passes pings to a reader, one at a time. */
export class PingQueue implements Carrier {
  private isDue = false;
  private ended: { readonly error: ConnectError | undefined } | undefined;
  private wake: (() => void) | undefined;
  private readonly onEnd: () => void;

  /** @param onEnd called at the end of the queue, even without a reader */
  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  ping(): void {
    this.isDue = true;
    this.wake?.();
  }

  end(error: ConnectError | undefined): void {
    if (this.ended) return;
    this.ended = { error };
    this.wake?.();
    this.onEnd();
  }

  /** The pings, for a single reader. */
  async *pings(): AsyncGenerator<Ping> {
    for (;;) {
      if (this.ended?.error) throw this.ended.error;
      if (this.ended) return;
      if (this.isDue) {
        this.isDue = false;
        yield ping;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
