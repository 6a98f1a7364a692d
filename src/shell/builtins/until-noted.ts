import { jobKeyText } from '../../place-name.ts';
import type { JobService, JobView } from '../../plugin/job-service.ts';
import { rejectOnAbort } from '../../reject-on-abort.ts';

/**
 * Resolves when every job has reported progress with this note, when one has ended without it, or when `signal` aborts.
 * @returns the jobs without the note, and the first of them that ended.
 */
export async function untilNoted(
  service: Pick<JobService, 'watch'>,
  find: () => Promise<readonly JobView[]>,
  note: string,
  signal: AbortSignal,
): Promise<{ readonly pending: readonly JobView[]; readonly ended: JobView | undefined }> {
  await using events = service.watch({ signal });
  const first = await find();
  const pending = new Map(first.filter(({ progress }) => progress?.note !== note).map((job) => [jobKeyText(job), job]));
  let ended = [...pending.values()].find(({ state }) => state === 'settled');
  try {
    while (pending.size > 0 && !ended) {
      const { value: event } = await rejectOnAbort(events.next(), signal);
      if (!event) break;
      if (event.type === 'job.progress' && event.note === note) pending.delete(jobKeyText(event));
      else if (event.type === 'job.settled') ended = pending.get(jobKeyText(event));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { pending: [...pending.values()], ended };
}
