import type { Outcome } from '../../schemas/index.ts';

/** How many clients of a submission have it at once, and when sending stops. */
export interface BatchState {
  /** Maximum number of jobs in progress. */
  readonly size: number;
  /** Maximum number of failures; above it nothing more is sent. Undefined: no maximum. */
  readonly maxFailures: number | undefined;
  /** Number of jobs with an outcome other than completed or cancelled. */
  readonly failures: number;
}

/** The counts of a submission that is sent to a limited number of clients at once. Only `Transitions` changes them. */
export class Batch implements BatchState {
  readonly size: number;
  readonly maxFailures: number | undefined;
  failures: number;
  /** Number of jobs that have been sent, or are about to be, and have not ended. */
  underWay = 0;
  /** Until then, absent clients are waited for. */
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

  /** Whether there were too many failures. */
  get isStopped(): boolean {
    return this.maxFailures !== undefined && this.failures > this.maxFailures;
  }

  get state(): BatchState {
    const { size, maxFailures, failures } = this;
    return { size, maxFailures, failures };
  }
}

/** A job that somebody cancelled has not failed. */
export const countsAsFailure = (outcome: Outcome): boolean => outcome !== 'completed' && outcome !== 'cancelled';
