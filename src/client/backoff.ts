import { limits } from '../../schemas/index.ts';
import type { SessionEnd } from './session.ts';

const minMs = 100;

/** How long to wait before dialling again: longer after each failure, up to `reconnectMaxMs`. */
export class Backoff {
  private failures = 0;

  /** Full jitter: clients that lost their server together do not come back together. */
  nextMs({ welcomed, error }: SessionEnd): number {
    // A session that was ended for what either side said in it would end so again at once.
    this.failures = welcomed && error.code === 'cannot_connect' ? 0 : this.failures + 1;
    return Math.random() * Math.min(limits.reconnectMaxMs, minMs * 2 ** this.failures);
  }
}
