import type { JobGroup, JobHandle, JobOutcome, Outcome } from '../index.ts';
import { type ExitCode, exitCodeOfOutcome, worst } from './exit-code.ts';

export const noOutcomes = (): Record<Outcome, number> => ({
  completed: 0,
  failed: 0,
  cancelled: 0,
  rejected: 0,
  expired: 0,
  lost: 0,
});

/** What became of the commands that this shell sent: counts by outcome, the jobs that still run, and the exit code. */
export class Tally {
  readonly counts = noOutcomes();
  private readonly running = new Map<string, JobHandle>();
  private readonly endedByUs = new Set<string>();
  private readonly onFailure: () => void;
  private code: ExitCode = 0;

  /** @param onFailure called at each failure, also one that arrives later from a running job. */
  constructor(onFailure: () => void) {
    this.onFailure = onFailure;
  }

  get exitCode(): ExitCode {
    return this.code;
  }

  fail(code: ExitCode): void {
    if (code === 0) return;
    this.code = worst(this.code, code);
    this.onFailure();
  }

  /** With `judge` false the outcomes are counted and are no failure: somebody else judges them. */
  add(group: JobGroup, judge: boolean): void {
    for (const job of group.jobs) {
      this.running.set(keyOf(job), job);
      void job.outcome.then((outcome) => this.ended(outcome, judge));
    }
  }

  /** This job, or every job of this client, ends because the shell said so. */
  endsByUs(what: { id: string; client: string } | { client: string }): void {
    this.endedByUs.add('id' in what ? keyOf(what) : what.client);
  }

  isEndedByUs(job: { id: string; client: string }): boolean {
    return this.endedByUs.has(keyOf(job)) || this.endedByUs.has(job.client);
  }

  /** Resolves when every job that this shell has sent has ended. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all([...this.running.values()].map(({ outcome }) => outcome));
  }

  /** How many jobs of this shell nobody knows the outcome of. */
  get unfinished(): number {
    return this.running.size;
  }

  get unsettled(): readonly JobHandle[] {
    return [...this.running.values()];
  }

  private ended(outcome: JobOutcome, judge: boolean): void {
    this.running.delete(keyOf(outcome));
    this.counts[outcome.outcome] += 1;
    if (judge) this.fail(exitCodeOfOutcome(outcome, this.isEndedByUs(outcome)));
  }
}

const keyOf = ({ id, client }: { id: string; client: string }): string => `${id}/${client}`;
