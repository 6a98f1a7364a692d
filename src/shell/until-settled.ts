import { SignalboxError } from '../../schemas/errors.ts';
import { fewNames, foldNames } from '../fold-names.ts';
import { jobKeyText } from '../place-name.ts';
import type { JobKey, JobService, JobView } from '../plugin/job-service.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { untilAborted } from '../until-aborted.ts';
import { askAgain } from './ask-again.ts';
import type { EventPump } from './output/pump.ts';
import { jobName } from './parse/job-id.ts';
import type { SentJobs } from './sent-jobs.ts';

interface Around {
  readonly events: Pick<EventPump, 'listen' | 'onGap' | 'over'>;
  readonly sent: Pick<SentJobs, 'has'>;
  readonly service: Pick<JobService, 'get'>;
}

/**
 * Resolves when these jobs have ended and their ends have been shown, or when `signal` aborts.
 * @param find queries the jobs. Ends during the query are noticed too.
 * @param forMs time that a job may be unknown to a server that has just started. Default: 10 s.
 * @returns the jobs that had not ended by then.
 * @throws SignalboxError `unknown` for jobs that the server no longer knows, after events were missed.
 */
export async function untilSettled(
  { events, sent, service }: Around,
  find: () => Promise<readonly JobView[]>,
  signal: AbortSignal,
  forMs?: number,
): Promise<JobView[]> {
  const ended = new Set<string>();
  const pending = new Map<string, JobView>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isFound = false;
  const stop = events.listen((event) => {
    if (event.type !== 'job.settled') return;
    if (!isFound) ended.add(jobKeyText(event));
    else over(event);
  });
  const over = (job: JobKey) => {
    if (pending.delete(jobKeyText(job)) && pending.size === 0) resolve();
  };
  const stopAsking = events.onGap(async () => {
    const asked = [...pending.values()];
    const unknown = await askAgain(service, asked, { over, signal, ...(forMs !== undefined && { forMs }) });
    const left = unknown.filter((job) => pending.has(jobKeyText(job)));
    if (left.length === 0 || signal.aborted) return;
    const names = foldNames(left.map(jobName), fewNames);
    reject(new SignalboxError('unknown', `the server no longer knows ${names}`));
  });
  try {
    for (const job of await rejectOnAbort(find(), signal)) {
      const isOver = job.state === 'settled' && !sent.has(job);
      if (!isOver && !ended.has(jobKeyText(job))) pending.set(jobKeyText(job), job);
    }
    isFound = true;
    if (pending.size > 0) await untilAborted(Promise.race([promise, events.over]), signal);
    return [...pending.values()];
  } finally {
    stop();
    stopAsking();
  }
}
