import { limits, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { startTimer } from '../process/timer.ts';
import type { Job } from './job.ts';
import { type JobSurroundings, RunContext } from './job-context.ts';
import { runJob, runNow } from './run-job.ts';
import type { Run } from './task.ts';

/** Running jobs, at most `maxJobs`. A brief job that ends in its first turn is never among them. */
export class RunningJobs {
  private readonly jobs = new Set<Job>();
  /** Brief jobs that began in this turn and have not ended. */
  private readonly unannounced: Job[] = [];
  private readonly surroundings: JobSurroundings;
  private readonly onChange: () => void;

  constructor(surroundings: JobSurroundings, onChange: () => void) {
    this.surroundings = surroundings;
    this.onChange = onChange;
  }

  get size(): number {
    return this.jobs.size;
  }

  /** @throws SignalboxError `busy` if no more jobs may run. */
  checkRoom(): void {
    if (this.jobs.size >= limits.maxJobs) throw new SignalboxError('busy', `${limits.maxJobs} jobs are running`);
  }

  run(job: Job, run: Run): void {
    const { task, work, timeoutMs } = run;
    const context = new RunContext(job, run, this.surroundings);
    if (!task.brief) {
      job.announce();
      void this.follow(job, runJob(job, task, work, context), timeoutMs);
      return;
    }
    const running = runNow(job, task, work, context);
    if (running) {
      this.announceLater(job);
      void this.follow(job, running, timeoutMs);
    } else this.onChange();
  }

  endAll(cause: SignalboxError): void {
    for (const job of this.jobs) job.end(cause);
  }

  /**
   * Settles jobs that did not end when asked, because they end with this process.
   * @returns these jobs, as `ID COMMAND`.
   */
  abandonAll(cause: SignalboxError): string[] {
    const left = [...this.jobs];
    this.jobs.clear();
    for (const job of left) {
      const durationMs = Math.round(monotonicMs() - job.startedAtMs);
      job.settle({ outcome: 'cancelled', error: cause.toWire(), durationMs });
    }
    return left.map(({ id, command }) => `${id} ${command}`);
  }

  private async follow(job: Job, running: Promise<void>, timeoutMs: number | undefined): Promise<void> {
    this.jobs.add(job);
    const end = () => job.end(new SignalboxError('deadline_exceeded', `still running after ${timeoutMs} ms`));
    using _deadline = timeoutMs === undefined ? undefined : startTimer(timeoutMs, end);
    await running;
    this.jobs.delete(job);
    this.onChange();
  }

  /** Announces brief jobs that outlast this turn, at its end. */
  private announceLater(job: Job): void {
    this.unannounced.push(job);
    if (this.unannounced.length > 1) return;
    setImmediate(() => {
      for (const one of this.unannounced.splice(0)) one.announce();
    });
  }
}
