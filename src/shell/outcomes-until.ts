import { keyText } from '../place-name.ts';
import type { JobOutcome } from '../plugin/job-group.ts';
import type { SentGroup } from '../plugin/sent.ts';
import { untilAborted } from '../until-aborted.ts';

/** Resolves with all outcomes, or with those available when `signal` aborts, in the order of the jobs. */
export async function outcomesUntil({ jobs }: SentGroup, signal: AbortSignal): Promise<JobOutcome[]> {
  const outcomes = new Map<string, JobOutcome>();
  const all = jobs.map((job) => job.outcome.then((ended) => void outcomes.set(keyText(job), ended)));
  await untilAborted(Promise.all(all), signal);
  return jobs.flatMap((job) => outcomes.get(keyText(job)) ?? []);
}
