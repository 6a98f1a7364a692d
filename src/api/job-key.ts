import type { JobKey as JobKeyMessage } from '../../schemas/api/signalbox/v1/common_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import { keyOfText } from '../place-name.ts';
import type { JobKey } from '../plugin/job-service.ts';

/** @throws SignalboxError `bad_usage` if it is missing. */
export function keyOf(job: JobKeyMessage | undefined): JobKey {
  if (job?.id && job.client) return keyOfText(job.id, job.client);
  throw new SignalboxError('bad_usage', 'job is missing; set {"id": …, "client": …}');
}

/** @throws SignalboxError `bad_usage` if the list is empty. */
export function keysOf(jobs: readonly JobKeyMessage[]): JobKey[] {
  if (jobs.length === 0) throw new SignalboxError('bad_usage', 'jobs is empty; set [{"id": …, "client": …}]');
  return jobs.map(keyOf);
}
