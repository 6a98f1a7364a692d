import { create } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { type Ping, PingSchema } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Carrier } from './connection.ts';

const ping = create(PingSchema);

/** Carries pings to whoever reads them, one at a time. */
export class PingQueue implements Carrier {
  private isDue = false;
  private ended: { readonly error: ConnectError | undefined } | undefined;
  private wake: (() => void) | undefined;

  ping(): void {
    this.isDue = true;
    this.wake?.();
  }

  end(error: ConnectError | undefined): void {
    this.ended ??= { error };
    this.wake?.();
  }

  /** Read once. */
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
