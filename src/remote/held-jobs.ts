import { JobService } from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Outcome } from '../../schemas/index.ts';
import { given } from '../api/given.ts';
import type { Event, JobEvent } from '../jobs/events.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { JobDetails, JobKey } from '../plugin/job-service.ts';
import { jobDetailsOf } from './from-job-messages.ts';
import type { Link } from './link.ts';
import type { RemoteJob } from './remote-job.ts';

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
    const key = keyOf(job);
    this.jobs.set(key, job);
    for (const event of this.early.get(key) ?? []) this.event(event);
  }

  event(event: Event): void {
    if (!('id' in event)) return;
    const key = keyOf(event);
    const job = this.jobs.get(key);
    if (event.type === 'job.settled') this.jobs.delete(key);
    if (job) job.event(event);
    else if (this.submitting > 0) this.early.set(key, [...(this.early.get(key) ?? []), event]);
  }

  /** Asks how this job stands, where no event may say it. */
  async lookUp(job: RemoteJob, link: Link, as: string | undefined): Promise<void> {
    const { id, client } = job;
    try {
      const { job: message } = await link.unary(JobService.method.get, { job: { id, client } }, { as });
      const details = message && jobDetailsOf(message);
      if (details?.outcome) this.settle(job, settlementOf(details, details.outcome));
      else if (details?.state === 'accepted' || details?.state === 'unreachable') job.accept();
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'no_such_job') throw error;
      const lost = new SignalboxError('lost', `the server knows no job ${id} on ${client} any more`);
      this.settle(job, { outcome: 'lost', error: lost.toWire() });
    }
  }

  private settle(job: RemoteJob, settlement: Settlement): void {
    this.jobs.delete(keyOf(job));
    job.settle(settlement);
  }
}

function settlementOf(job: JobDetails, outcome: Outcome): Settlement {
  const { result, error, durationMs, lostOutput, outputError } = job;
  return { outcome, ...given({ result, error, durationMs, lostOutput, outputError }) };
}

const keyOf = ({ id, client }: JobKey): string => `${id}/${client}`;
