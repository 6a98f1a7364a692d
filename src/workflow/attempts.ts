import type { Outcome } from '../../schemas/index.ts';

/** The job of a task on one client. */
export interface TaskJob {
  /** Undefined while a place has no client. */
  readonly client: string | undefined;
  /** Undefined until it has one. An outcome that comes late changes nothing. */
  readonly outcome?: Outcome;
}

/** One submission of a task: its key is `RUN/TASK/NUMBER`. */
export interface Attempt {
  readonly jobs: readonly TaskJob[];
  /** It could not be sent. `canRetry`: another attempt may be. */
  readonly unsent?: { readonly outcome: 'failed' | 'rejected'; readonly canRetry: boolean };
  /** When the last of its jobs ended, or when it could not be sent. */
  readonly endedAtMs?: number;
  /** Somebody has asked for it: it repeats whatever had not completed. */
  readonly isAsked?: boolean;
}

/** The worst first. */
export const worst = [
  ...(['lost', 'rejected', 'failed', 'expired', 'cancelled', 'completed'] as const),
] satisfies readonly Outcome[];

/** Which jobs another attempt repeats. */
interface Repeated {
  /** Whatever did not complete. */
  readonly isAsked: boolean;
  readonly retryLost: boolean;
}

/** What attempts have left: each repeats some of the jobs before it, and the others stand. */
export class Standing {
  private jobs: readonly TaskJob[] = [];
  /** To be repeated by attempts that could not be sent; undefined while all of it is. */
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

  /** Undefined: all that the line says, as nothing was sent yet. */
  repeatedBy(how: Repeated): readonly TaskJob[] | undefined {
    const repeated = this.jobs.filter((job) => isRepeated(job, how));
    return this.owed ? [...this.owed, ...repeated] : undefined;
  }
}

function isRepeated({ outcome }: TaskJob, { isAsked, retryLost }: Repeated): boolean {
  if (isAsked) return outcome !== 'completed';
  return outcome === 'failed' || outcome === 'rejected' || outcome === 'expired' || (outcome === 'lost' && retryLost);
}
