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
  /** How long a client may take to bring its jobs to a new server. */
  readonly adoptMs: number;
  readonly signal: AbortSignal;
}

/** The jobs whose handles somebody holds, until they have ended. */
export class HeldJobs {
  private readonly jobs = new Map<string, RemoteJob>();
  /** Events of unknown jobs while a submission is under way: they may be its jobs. */
  private readonly early = new Map<string, JobEvent[]>();
  private submitting = 0;

  get all(): RemoteJob[] {
    return [...this.jobs.values()];
  }

  /** Carries out a submission, which holds its jobs. */
  async sending<T>(submit: () => Promise<T>): Promise<T> {
    this.submitting += 1;
    try {
      return await submit();
    } finally {
      this.submitting -= 1;
      if (this.submitting === 0) this.early.clear();
    }
  }

  /** Gives a handle the events of its job, those that have come already first. */
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
   * Asks how these jobs stand, where no event may say it. One that the server does not know is asked for again: its client
   * may still bring it to a server that has just begun. Then it is lost.
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
          // Where it cannot be asked about, its events will say how it stands.
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
    const lost = new SignalboxError('lost', `the server knows no job ${job.id} on ${clientText(job)} any more`);
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
