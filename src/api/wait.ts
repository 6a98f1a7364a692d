import { create } from '@bufbuild/protobuf';
import { type WaitRequest, type WaitResponse, WaitResponseSchema } from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import { detailsMessage } from '../messages/job-messages.ts';
import { keyText } from '../place-name.ts';
import type { JobKey, JobService, JobView } from '../plugin/job-service.ts';
import { startTimeout } from '../timer.ts';
import type { CallContext } from './call-context.ts';
import { endOfEvents } from './errors.ts';
import { Feed } from './feed.ts';
import { timeMs } from './numbers.ts';

/** Yields each job of a submission when it has an outcome. */
export async function* wait(request: WaitRequest, context: CallContext): AsyncGenerator<WaitResponse> {
  const { id, timeoutMs } = request;
  const { service, drop, limits } = context;
  if (id === '') throw new SignalboxError('bad_usage', 'id is missing; set the id of a submission');
  using _ = context.follow();
  using timeUp = timeoutMs === undefined ? undefined : startTimeout(timeMs(timeoutMs, 'timeout_ms'));
  const signal = timeUp ? AbortSignal.any([context.signal, timeUp.signal]) : context.signal;
  // Subscribe before listing, so that no outcome is missed in between.
  await using feed = new Feed({
    read: () => service.watch({ signal }),
    ...{ drop, limits },
    itemOf: (event) =>
      event.type === 'job.settled' && event.id === id ? { item: keyText(event), bytes: 256 } : undefined,
  });
  const jobs = await jobsOf(service, request);
  const waited = new Map(jobs.map((job) => [keyText(job), job]));
  const settled = jobs.filter(({ state }) => state === 'settled').map(keyText);
  const answer = async (job: JobKey) => create(WaitResponseSchema, { job: detailsMessage(await service.get(job)) });
  const take = (key: string) => {
    const job = waited.get(key);
    waited.delete(key);
    return job;
  };
  for (const key of settled) {
    const job = take(key);
    if (job) yield await answer(job);
  }
  if (waited.size === 0) return;
  for await (const keys of feed.parts()) {
    for (const key of keys) {
      const job = take(key);
      if (job) yield await answer(job);
    }
    if (waited.size === 0) return;
  }
  if (timeUp?.signal.aborted) {
    throw new SignalboxError('timed_out', `${waited.size} jobs had no outcome after ${timeoutMs} ms`);
  }
  throw endOfEvents(context.signal, 'wait again');
}

/** @throws SignalboxError `no_such_job` */
async function jobsOf(service: JobService, { id, clients }: WaitRequest): Promise<JobView[]> {
  const jobs: JobView[] = [];
  let from: string | undefined;
  do {
    const page = await service.history({ id }, { limit: 1_000, ...(from !== undefined && { from }) });
    jobs.push(...page.jobs);
    from = page.next;
  } while (from !== undefined);
  if (jobs.length === 0) throw new SignalboxError('no_such_job', `unknown submission ${id}`);
  const isOf = (name: string) => (job: JobView) => name === job.client || name === keyText(job);
  const missing = clients.find((name) => !jobs.some(isOf(name)));
  if (missing !== undefined) throw new SignalboxError('no_such_job', `submission ${id} has no job on ${missing}`);
  return clients.length === 0 ? jobs : jobs.filter((job) => clients.some((name) => isOf(name)(job)));
}
