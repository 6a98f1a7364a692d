import { SignalboxError } from '../../schemas/errors.ts';
import { monotonicMs } from '../clock.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import { sleep } from '../timer.ts';

/** How long a client may take to bring its jobs to a server that has just begun. */
const adoptMs = 10_000;

/**
 * Asks how jobs stand of which events may have been missed.
 * @param over called with each that has ended.
 * @returns those that the server does not know, also after a while in which their clients could have brought them.
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
