import type { JobEffects } from './job-effects.ts';

export interface JobTableOptions {
  readonly bootId: string;
  /** How long a client may be away before its jobs are `lost`. */
  readonly lostAfterMs: number;
  /** How long a command without a time to wait waits for a client that is away. Default: `limits.reconnectWaitMs`. */
  readonly reconnectWaitMs?: number | undefined;
  readonly effects: JobEffects;
  /** Number of the next submission. Default: 1. */
  readonly nextNumber?: number;
}
