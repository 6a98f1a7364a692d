import { type JobService, type MethodContext, SignalboxError } from '../../../index.ts';
import type { CheckStates } from '../state/check-states.ts';
import { jobOf } from '../state/known-check.ts';

interface Forgetting extends Pick<MethodContext, 'seesJob'> {
  readonly check: string;
}

/**
 * Removes a check from all clients whose job for it has ended. It stays on clients whose job is running, or that are disconnected.
 * Ignores checks that the caller may not see.
 * @returns the clients it was removed from. @throws SignalboxError `bad_usage` if there are none
 */
export async function forgetCheck(
  states: CheckStates,
  service: JobService,
  { check, seesJob }: Forgetting,
): Promise<string[]> {
  const of = (await states.list())
    .map(({ known }) => known)
    .filter((known) => known.check === check && seesJob(jobOf(known)));
  if (of.length === 0) throw new SignalboxError('bad_usage', `there is no check '${check}'`);
  const running = new Set((await service.list({ state: 'running' })).map(({ id, client }) => `${id} ${client}`));
  const ended = of.filter(({ job, client }) => !running.has(`${job.id} ${client}`));
  if (ended.length === 0) {
    const jobs = of
      .map(({ job, client }) => `job ${job.number} on ${client}`)
      .sort()
      .join(', ');
    throw new SignalboxError('bad_usage', `the check ${check} is still running: cancel ${jobs} first`);
  }
  for (const { client } of ended) await states.forget(check, client);
  return ended.map(({ client }) => client).sort();
}
