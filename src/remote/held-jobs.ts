import { SignalboxError } from '../../schemas/errors.ts';
import type { Outcome } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { Event, JobEvent } from '../jobs/events.ts';
import type { Settlement } from '../jobs/settlement.ts';
import { given } from '../messages/given.ts';
import { clientText, jobKeyText } from '../place-name.ts';
import type { JobDetails, JobKey } from '../plugin/job-service.ts';
import { sleep } from '../timer.ts';
import type { RemoteJob } from './remote-job.ts';

interface LookUp {
  /** @throws SignalboxError `no_such_job` */
  readonly get: (job: JobKey) => Promise<JobDetails>;
  /** How long a client may take to bring its jobs to a new server, in ms. */
  readonly adoptMs: number;
  readonly signal: AbortSignal;
}

/** The jobs with open handles, until they have ended. */
export class HeldJobs {
  private readonly jobs = new Map<string, RemoteJob>();
  /** Events of unknown jobs during a submission, because they may be its jobs. */
  private readonly early = new Map<string, JobEvent[]>();
  private submitting = 0;

  get all(): RemoteJob[] {
    return [...this.jobs.values()];
  }

  /** Performs a submission, which holds its jobs. */
  async sending<T>(submit: () => Promise<T>): Promise<T> {
    this.submitting += 1;
    try {
      return await submit();
    } finally {
      this.submitting -= 1;
      if (this.submitting === 0) this.early.clear();
    }
  }

  /** Passes the events of a job to its handle, beginning with those that have arrived already. */
  hold(job: RemoteJob): void {
    const key = jobKeyText(job);
    this.jobs.set(key, job);
    for (const event of this.early.get(key) ?? []) this.event(event);
  }

  event(event: Event): void {
    if (!('id' in event)) return;
    const key = jobKeyText(event);
    const job = this.jobs.get(key);
    if (event.type === 'job.settled') this.jobs.delete(key);
    if (job) job.event(event);
    else if (this.submitting > 0) this.early.set(key, [...(this.early.get(key) ?? []), event]);
  }

  /**
   * Queries the state of these jobs, because events may be missing. A job that the server does not know is queried
   * again, because its client may still bring it to a server that has just started. After that it is lost.
   */
  async lookUp(jobs: readonly RemoteJob[], { get, adoptMs, signal }: LookUp): Promise<void> {
    const untilMs = monotonicMs() + adoptMs;
    let waitMs = 50;
    for (let open = jobs; open.length > 0 && !signal.aborted; ) {
      const isLast = monotonicMs() >= untilMs;
      const unknown: RemoteJob[] = [];
      for (const job of open) {
        if (job.isSettled) continue;
        try {
          this.found(job, await get(job));
        } catch (error) {
          // If the query fails, later events will show its state.
          if (error instanceof SignalboxError && error.code === 'no_such_job') unknown.push(job);
        }
      }
      if (isLast) for (const job of unknown) this.lose(job);
      else if (unknown.length > 0) await sleep(waitMs, signal);
      open = isLast ? [] : unknown;
      waitMs = Math.min(1_000, waitMs * 2);
    }
  }

  private found(job: RemoteJob, details: JobDetails): void {
    job.placed(details.client);
    if (details.outcome) this.settle(job, settlementOf(details, details.outcome));
    else if (details.state === 'accepted' || details.state === 'unreachable') job.accept();
  }

  private lose(job: RemoteJob): void {
    const lost = new SignalboxError('lost', `the server no longer knows job ${job.id} on ${clientText(job)}`);
    this.settle(job, { outcome: 'lost', error: lost.toWire() });
  }

  private settle(job: RemoteJob, settlement: Settlement): void {
    this.jobs.delete(jobKeyText(job));
    job.settle(settlement);
  }
}

function settlementOf(job: JobDetails, outcome: Outcome): Settlement {
  const { result, error, durationMs, lostOutput, outputError } = job;
  return { outcome, ...given({ result, error, durationMs, lostOutput, outputError }) };
}
