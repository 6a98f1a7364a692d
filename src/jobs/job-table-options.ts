import type { JobEffects } from './job-effects.ts';
import type { FillSecrets } from './send-queue.ts';
import type { VouchedOf } from './transitions.ts';

export interface JobTableOptions {
  readonly bootId: string;
  /** How long a client may be away before its jobs are `lost`, or `unreachable`. */
  readonly lostAfterMs: number;
  /** How long it may be away before `recoverable` jobs are `lost`, too. Default: `limits.recoverWithinMs`. */
  readonly recoverWithinMs?: number | undefined;
  /** Whether the jobs of a command outlive the process of their client. Default: of none. */
  readonly isRecoverable?: (command: string) => boolean;
  /** How long a command without a time to wait waits for a client that is away. Default: `limits.reconnectWaitMs`. */
  readonly reconnectWaitMs?: number | undefined;
  /** Labels that the keys vouch for: a job keeps those of its client. Default: none. */
  readonly vouchedOf?: VouchedOf | undefined;
  readonly effects: JobEffects;
  /** Puts the texts of secrets into arguments that are to be sent. Default: such commands are rejected. */
  readonly fillSecrets?: FillSecrets | undefined;
  /** Number of the next submission. Default: 1. */
  readonly nextNumber?: number;
}
