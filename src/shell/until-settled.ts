import type { JobView } from '../plugin/job-service.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { untilAborted } from '../until-aborted.ts';
import type { EventPump } from './output/pump.ts';
import type { SentJobs } from './sent-jobs.ts';

/**
 * Resolves when these jobs have ended, and when that has been shown, or when `signal` has aborted.
 * @param find asks for the jobs. What ends meanwhile is noticed too.
 * @returns those that had not ended by then.
 */
export async function untilSettled(
  { events, sent }: { readonly events: EventPump; readonly sent: SentJobs },
  find: () => Promise<readonly JobView[]>,
  signal: AbortSignal,
): Promise<JobView[]> {
  const ended = new Set<string>();
  const pending = new Map<string, JobView>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isFound = false;
  const stop = events.listen((event) => {
    if (event.type !== 'job.settled') return;
    if (!isFound) ended.add(keyOf(event));
    else if (pending.delete(keyOf(event)) && pending.size === 0) resolve();
  });
  try {
    for (const job of await rejectOnAbort(find(), signal)) {
      const isOver = job.state === 'settled' && !sent.has(job);
      if (!isOver && !ended.has(keyOf(job))) pending.set(keyOf(job), job);
    }
    isFound = true;
    if (pending.size > 0) await untilAborted(Promise.race([promise, events.over]), signal);
    return [...pending.values()];
  } finally {
    stop();
  }
}

const keyOf = ({ id, client }: { readonly id: string; readonly client: string }): string => `${id}/${client}`;
