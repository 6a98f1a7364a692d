import type { JobEffects } from './job-effects.ts';
import type { FillSecrets } from './send-queue.ts';
import type { VouchedOf } from './transitions.ts';

export interface JobTableOptions {
  readonly bootId: string;
  /** How long a client may be away before its jobs become `lost` or `unreachable`, in ms. */
  readonly lostAfterMs: number;
  /**
   * How long a client may be away before `recoverable` jobs are `lost`, too, in ms. Default: `limits.recoverWithinMs`.
   */
  readonly recoverWithinMs?: number | undefined;
  /** Whether jobs of a command survive the process of their client. Default: false for all commands. */
  readonly isRecoverable?: (command: string) => boolean;
  /** How long a command without an expiry waits for an absent client, in ms. Default: `limits.reconnectWaitMs`. */
  readonly reconnectWaitMs?: number | undefined;
  /** Labels that the keys vouch for. A job keeps those of its client. Default: none. */
  readonly vouchedOf?: VouchedOf | undefined;
  readonly effects: JobEffects;
  /**
   * Inserts the values of secrets into arguments that are about to be sent. Default: commands with secrets are
   * rejected.
   */
  readonly fillSecrets?: FillSecrets | undefined;
  /** Number of the next submission. Default: 1. */
  readonly nextNumber?: number;
}
