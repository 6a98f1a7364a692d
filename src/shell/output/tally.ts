import type { Outcome } from '../../../schemas/index.ts';
import { type ExitCode, exitCodeOfOutcome, exitCodeOfProgram, worst } from '../../exit-code.ts';
import { jobKeyText } from '../../place-name.ts';
import type { JobOutcome } from '../../plugin/job-group.ts';
import type { JobKey } from '../../plugin/job-service.ts';
import type { SentGroup, SentJob } from '../../plugin/sent.ts';
import { isUnsent } from '../broadcast.ts';

export const noOutcomes = (): Record<Outcome, number> => ({
  completed: 0,
  failed: 0,
  cancelled: 0,
  rejected: 0,
  expired: 0,
  lost: 0,
});

/** Results of the commands that this shell sent: counts by outcome, jobs that still run, and the exit code. */
export class Tally {
  readonly counts = noOutcomes();
  unsent = 0;
  private readonly running = new Map<string, SentJob>();
  /** Accepted standing jobs: they are not waited for, but their outcomes count. */
  private readonly standing = new Map<string, SentJob>();
  /** Jobs that are no longer waited for and have not ended. */
  private readonly left = new Map<string, SentJob>();
  private leftCount = 0;
  private settling: PromiseWithResolvers<void> | undefined;
  private readonly endedByUs = new Set<string>();
  private code: ExitCode = 0;
  /** The largest exit code of programs, if they are handed through. */
  private programCode = 0;
  /** If they are handed through: the code for clients that a batch did not reach. */
  private unsentCode: ExitCode = 0;
  /** Whether exit codes of programs are handed through. */
  readonly handsThrough: boolean;

  /** @param options.handsThrough whether a program's exit code becomes that of the script if nothing else failed. */
  constructor({ handsThrough = false }: { handsThrough?: boolean } = {}) {
    this.handsThrough = handsThrough;
  }

  get exitCode(): number {
    return this.code || this.programCode || this.unsentCode;
  }

  fail(code: ExitCode): void {
    this.code = worst(this.code, code);
  }

  /** Records exit codes of programs whose jobs had no other failure. */
  programsEnded(codes: readonly number[]): void {
    this.programCode = Math.max(this.programCode, ...codes);
  }

  /**
   * @param onFailure called with each outcome that is a failure. Without it, outcomes are only counted, and the caller
   * decides whether they are failures.
   * @param onLoss called with each outcome that reports lost output, which is a failure too, except for a job that may
   * lose it.
   */
  add(group: SentGroup, onFailure?: (outcome: JobOutcome) => void, onLoss?: (outcome: JobOutcome) => void): void {
    for (const job of group.jobs) {
      this.running.set(jobKeyText(job), job);
      void job.outcome.then((outcome) => this.ended(outcome, onFailure, job.mayLoseOutput ? undefined : onLoss));
      if (job.standing) void job.accepted.then((isAccepted) => isAccepted && this.stands(job));
    }
  }

  /** Marks a job, possibly sent by others, as ended by this shell. */
  endsByUs(job: JobKey): void {
    this.endedByUs.add(jobKeyText(job));
  }

  isEndedByUs(job: JobKey): boolean {
    return this.endedByUs.has(jobKeyText(job));
  }

  /** Marks all current jobs of these clients, but not those of a later process with the same name. */
  clientsEndByUs(clients: Iterable<string>): void {
    const names = new Set(clients);
    for (const job of this.known()) if (job.client !== null && names.has(job.client)) this.endsByUs(job);
  }

  /**
   * Stops waiting for these jobs. They count as unfinished from now on: a later outcome is neither counted nor judged.
   */
  leave(jobs: readonly SentJob[]): void {
    for (const job of jobs) {
      if (!this.remove(job)) continue;
      this.left.set(jobKeyText(job), job);
      this.leftCount += 1;
    }
  }

  /** Resolves when every job that this shell sent has ended, was left, or is an accepted standing job. */
  settled(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    this.settling ??= Promise.withResolvers();
    return this.settling.promise;
  }

  /** Number of jobs that this shell sent and did not count. */
  get unfinished(): number {
    return this.running.size + this.standing.size + this.leftCount;
  }

  /** The jobs that `settled` waits for. */
  get awaited(): readonly SentJob[] {
    return [...this.running.values()];
  }

  /** The jobs of this shell that have not ended, including those that were left. */
  get unsettled(): readonly SentJob[] {
    return [...this.known(), ...this.left.values()];
  }

  private *known(): Generator<SentJob> {
    yield* this.running.values();
    yield* this.standing.values();
  }

  private ended(
    outcome: JobOutcome,
    onFailure: ((outcome: JobOutcome) => void) | undefined,
    onLoss: ((outcome: JobOutcome) => void) | undefined,
  ): void {
    const isOurs = this.endedByUs.delete(jobKeyText(outcome));
    if (this.left.delete(jobKeyText(outcome)) || !this.remove(outcome)) return;
    this.counts[outcome.outcome] += 1;
    if (isUnsent(outcome)) this.unsent += 1;
    const code = onFailure ? exitCodeOfOutcome(outcome, isOurs) : 0;
    if (code !== 0) {
      const ofProgram = this.handsThrough ? exitCodeOfProgram(outcome) : undefined;
      if (ofProgram !== undefined) this.programsEnded([ofProgram]);
      // The exit code of the program that stopped the batch says more.
      else if (this.handsThrough && isUnsent(outcome)) this.unsentCode = code;
      else this.fail(code);
      onFailure?.(outcome);
    }
    if (outcome.lostOutput && onLoss) {
      this.fail(4);
      onLoss(outcome);
    }
  }

  private remove(job: JobKey): boolean {
    return this.standing.delete(jobKeyText(job)) || this.removeRunning(job);
  }

  private stands(job: SentJob): void {
    if (this.removeRunning(job)) this.standing.set(jobKeyText(job), job);
  }

  private removeRunning(job: JobKey): boolean {
    const wasRunning = this.running.delete(jobKeyText(job));
    if (this.running.size === 0) {
      this.settling?.resolve();
      this.settling = undefined;
    }
    return wasRunning;
  }
}
