import { limits } from '../../schemas/index.ts';
import type { SessionEnd } from './session.ts';

const minMs = 100;

/** The delay before the next connection attempt. It grows with each failure up to `reconnectMaxMs`. */
export class Backoff {
  private failures = 0;

  /** With full jitter, so that clients which lost their server together do not reconnect together. */
  nextMs({ welcomed, error }: SessionEnd): number {
    // A session that ended because of its content would end again immediately.
    this.failures = welcomed && error.code === 'cannot_connect' ? 0 : this.failures + 1;
    return Math.random() * Math.min(limits.reconnectMaxMs, minMs * 2 ** this.failures);
  }
}
