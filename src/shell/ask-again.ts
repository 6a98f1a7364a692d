import { SignalboxError } from '../../schemas/errors.ts';
import { monotonicMs } from '../clock.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import { sleep } from '../timer.ts';

/** Time a client may take to report its jobs to a server that has just started. */
const adoptMs = 10_000;

/**
 * Queries jobs whose events may have been missed.
 * @param over called with each job that has ended.
 * @returns the jobs that the server still does not know after the time in which their clients could have reported them.
 */
export async function askAgain<Job extends JobKey>(
  service: Pick<JobService, 'get'>,
  jobs: readonly Job[],
  { over, signal, forMs = adoptMs }: { over: (job: Job) => void; signal: AbortSignal; forMs?: number },
): Promise<Job[]> {
  const untilMs = monotonicMs() + forMs;
  for (let open = jobs, waitMs = 50; ; waitMs = Math.min(1_000, waitMs * 2)) {
    const isLast = monotonicMs() >= untilMs;
    const unknown: Job[] = [];
    for (const job of open) {
      try {
        if ((await service.get(job)).state === 'settled') over(job);
      } catch (error) {
        if (error instanceof SignalboxError && error.code === 'no_such_job') unknown.push(job);
      }
    }
    if (isLast || unknown.length === 0 || signal.aborted) return unknown;
    open = unknown;
    await sleep(waitMs, signal);
  }
}
