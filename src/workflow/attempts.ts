import type { Outcome } from '../../schemas/index.ts';

/** The job of a task on one client. */
export interface TaskJob {
  /** Undefined while a place has no client. */
  readonly client: string | undefined;
  /** Undefined until it has ended. A late outcome changes nothing. */
  readonly outcome?: Outcome;
}

/** One submission of a task. Its key is `RUN/TASK/NUMBER`. */
export interface Attempt {
  readonly jobs: readonly TaskJob[];
  /** Set if it could not be sent. `canRetry`: another attempt is permitted. */
  readonly unsent?: { readonly outcome: 'failed' | 'rejected'; readonly canRetry: boolean };
  /** Time when its last job ended, or when sending failed, in ms since the epoch. */
  readonly endedAtMs?: number;
  /** Whether somebody requested it: it repeats all incomplete tasks. */
  readonly isAsked?: boolean;
}

/** Worst first. */
export const worst = [
  ...(['lost', 'rejected', 'failed', 'expired', 'cancelled', 'completed'] as const),
] satisfies readonly Outcome[];

/** Which jobs another attempt repeats. */
interface Repeated {
  /** Everything that did not complete. */
  readonly isAsked: boolean;
  readonly retryLost: boolean;
}

/** The combined state of all attempts: each one repeats some of the jobs before it, the others keep their outcome. */
export class Standing {
  private jobs: readonly TaskJob[] = [];
  /** Jobs to be repeated by attempts that could not be sent; undefined while that is all of them. */
  private owed: readonly TaskJob[] | undefined;
  private readonly unsent: Attempt['unsent'];

  constructor(attempts: readonly Attempt[], retryLost: boolean) {
    for (const { jobs, unsent, isAsked = false } of attempts) {
      this.owed = this.repeatedBy({ isAsked, retryLost });
      this.jobs = this.jobs.filter((job) => !isRepeated(job, { isAsked, retryLost }));
      if (unsent) continue;
      this.jobs = [...this.jobs, ...jobs];
      this.owed = [];
    }
    this.unsent = attempts.at(-1)?.unsent;
  }

  get outcome(): (typeof worst)[number] {
    const outcomes = [this.unsent?.outcome, ...this.jobs.map(({ outcome }) => outcome)];
    return worst.find((one) => outcomes.includes(one)) ?? 'completed';
  }

  /** The jobs that the next attempt repeats. Undefined: all targets of the line, because nothing was sent yet. */
  repeatedBy(how: Repeated): readonly TaskJob[] | undefined {
    const repeated = this.jobs.filter((job) => isRepeated(job, how));
    return this.owed ? [...this.owed, ...repeated] : undefined;
  }
}

function isRepeated({ outcome }: TaskJob, { isAsked, retryLost }: Repeated): boolean {
  if (isAsked) return outcome !== 'completed';
  return outcome === 'failed' || outcome === 'rejected' || outcome === 'expired' || (outcome === 'lost' && retryLost);
}
