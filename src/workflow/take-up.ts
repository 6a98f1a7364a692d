import { type Outcome, SignalboxError } from '../../schemas/index.ts';
import { jobKeyText } from '../place-name.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';

/** How a job of a run has ended. */
export interface JobEnd {
  /** Null for a place that had no client. */
  readonly client: string | null;
  readonly outcome: Outcome;
  readonly atMs: number;
  readonly error?: string;
}

/**
 * Follows jobs that an earlier process has sent, until each has ended. A job that is no longer known counts as `lost`.
 * @param onEnd called once for each job.
 */
export async function takeUp(
  service: JobService,
  jobs: readonly JobKey[],
  { signal, onEnd }: { signal: AbortSignal; onEnd: (job: JobKey, end: JobEnd) => void },
): Promise<void> {
  const open = new Map(jobs.map((job) => [jobKeyText(job), job]));
  const ended = (job: JobKey, end: JobEnd): void => {
    if (open.delete(jobKeyText(job))) onEnd(job, end);
  };
  // Watch first, so that jobs that end while the others are read are not missed.
  await using events = service.watch({ signal });
  for (const job of jobs) {
    const end = await endOf(service, job);
    if (end) ended(job, end);
  }
  if (open.size === 0) return;
  for await (const event of events) {
    if (event.type !== 'job.settled') continue;
    const { client, outcome, error, atMs } = event;
    ended(event, { client, outcome, atMs, ...(error && { error: error.message }) });
    if (open.size === 0) return;
  }
}

async function endOf(service: JobService, job: JobKey): Promise<JobEnd | undefined> {
  try {
    const { client, outcome, settledAtMs = Date.now(), error } = await service.get(job);
    return outcome && { client, outcome, atMs: settledAtMs, ...(error && { error: error.message }) };
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'no_such_job') throw error;
    return { client: job.client, outcome: 'lost', atMs: Date.now(), error: 'the store no longer has the job' };
  }
}
