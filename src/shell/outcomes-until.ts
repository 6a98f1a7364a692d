import type { JobOutcome } from '../plugin/job-group.ts';
import type { SentGroup } from '../plugin/sent.ts';
import { untilAborted } from '../until-aborted.ts';

/** Resolves with all outcomes, or with those that have come when `signal` aborts, in the order of the jobs. */
export async function outcomesUntil({ jobs }: SentGroup, signal: AbortSignal): Promise<JobOutcome[]> {
  const outcomes = new Map<string, JobOutcome>();
  const all = jobs.map(({ client, outcome }) => outcome.then((ended) => void outcomes.set(client, ended)));
  await untilAborted(Promise.all(all), signal);
  return jobs.flatMap(({ client }) => outcomes.get(client) ?? []);
}
