import { SignalboxError } from '../../schemas/index.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import type { StandingLine } from './standing-line.ts';

/** Each line with each client of its target. */
export async function wantedJobs(service: JobService, lines: readonly StandingLine[]) {
  const all = lines.map(async (line) => (await clientsOf(service, line)).map((client) => ({ line, client })));
  return (await Promise.all(all)).flat();
}

async function clientsOf(service: JobService, { target }: StandingLine): Promise<readonly string[]> {
  try {
    return await service.resolve(target);
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'no_such_target') return [];
    throw error;
  }
}

/** Cancels a job, unless the server has forgotten it. */
export async function cancelJob(service: JobService, { id, client }: JobKey): Promise<void> {
  try {
    await service.cancel([{ id, client }]);
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'no_such_job') throw error;
  }
}
