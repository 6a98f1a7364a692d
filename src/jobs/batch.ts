import type { Outcome } from '../../schemas/index.ts';

/** How many clients of a submission have it at once, and when the rest is not sent. */
export interface BatchState {
  /** Jobs that are under way at once, at most. */
  readonly size: number;
  /** With more failures than these nothing more is sent. Undefined: however many there are. */
  readonly maxFailures: number | undefined;
  /** Jobs that have ended other than completed or cancelled. */
  readonly failures: number;
}

/** The counts of a submission that goes to some clients at a time. Only `Transitions` changes them. */
export class Batch implements BatchState {
  readonly size: number;
  readonly maxFailures: number | undefined;
  failures: number;
  /** Jobs that have been sent, or are about to be, and have not ended. */
  underWay = 0;
  /** Until then a client that is away is waited for. */
  patientUntilMs: number;

  constructor({ size, maxFailures, failures }: BatchState, patientUntilMs: number) {
    this.size = size;
    this.maxFailures = maxFailures;
    this.failures = failures;
    this.patientUntilMs = patientUntilMs;
  }

  get hasRoom(): boolean {
    return this.underWay < this.size && !this.isStopped;
  }

  /** Whether too many have failed. */
  get isStopped(): boolean {
    return this.maxFailures !== undefined && this.failures > this.maxFailures;
  }

  get state(): BatchState {
    const { size, maxFailures, failures } = this;
    return { size, maxFailures, failures };
  }
}

/** What somebody has cancelled has not failed. */
export const countsAsFailure = (outcome: Outcome): boolean => outcome !== 'completed' && outcome !== 'cancelled';
